"""The WSGI environ that the application receives for a request."""

import pytest

from config.server.environ import build_environ, size_of_head


@pytest.fixture
def scope():
    """`scope(b"/path", (b"host", b"x"))` is the scope that granian creates for such a request."""

    def build(path=b"/", *headers, query=b""):
        return {
            "method": "GET",
            "http_version": "1.1",
            "raw_path": path,
            "query_string": query,
            "server": ("127.0.0.1", "8000"),
            "client": ("192.0.2.7", "40000"),
            "headers": list(headers),
        }

    return build


def test_a_path_arrives_byte_by_byte(scope):
    assert build_environ(scope(b"/caf%C3%A9%2F%FF"))["PATH_INFO"] == "/caf\xc3\xa9/\xff"


def test_headers_of_one_name_are_joined(scope):
    headers = [(b"x-forwarded-for", b"192.0.2.1"), (b"x-forwarded-for", b"192.0.2.2")]
    assert build_environ(scope(b"/", *headers))["HTTP_X_FORWARDED_FOR"] == "192.0.2.1,192.0.2.2"


def test_cookies_are_joined_as_cookies(scope):
    headers = [(b"cookie", b"a=1"), (b"cookie", b"b=2")]
    assert build_environ(scope(b"/", *headers))["HTTP_COOKIE"] == "a=1;b=2"


def test_a_header_with_an_underscore_passes_for_none_with_a_dash(scope):
    environ = build_environ(scope(b"/", (b"x_forwarded_for", b"192.0.2.66"), (b"a_b", b"c")))
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert "HTTP_A_B" not in environ


def test_bytes_outside_ascii_are_kept_for_the_application_to_refuse(scope):
    environ = build_environ(scope(b"/", (b"authorization", b"Bearer \xff")))
    assert environ["HTTP_AUTHORIZATION"] == "Bearer \xff"


def test_the_connection_of_a_request_is_known(scope):
    environ = build_environ(scope())
    assert (environ["REMOTE_ADDR"], environ["REMOTE_PORT"]) == ("192.0.2.7", "40000")


@pytest.mark.parametrize("query", [b"", b"limit=1"])
def test_the_size_of_a_head_is_what_common_clients_send(scope, query):
    target = b"/a%20b" + (b"?" + query if query else b"")
    sent = b"GET " + target + b" HTTP/1.1\r\nhost: x\r\naccept: */*\r\n\r\n"
    headers = [(b"host", b"x"), (b"accept", b"*/*")]
    assert size_of_head(scope(b"/a%20b", *headers, query=query)) == len(sent)
