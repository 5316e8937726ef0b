"""Valid and invalid request bodies: none causes a 5xx."""

import gzip
import json

import pytest

from config.http.request import Utf8Request
from tests.support.api import codes
from volumes.models import Volume

WISH = b'{"name": "uploads", "size": 1}'


def spec(**extra):
    return {"name": "uploads", "size": 1, **extra}


def nested(depth):
    """A body of this many levels, itself among them."""
    return b'{"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"nonsense",
        b'{"name": "uploads", "size": 1',
        b'{"name": "uploads", "size": 1}}',
        b'{"name": "uploads", "size": 1,}',
        b"{'name': 'uploads'}",
        b'{"name": "uploads", "size": NaN}',
        b'{"name": "uploads", "size": Infinity}',
        b'{"name": "uploads", "size": -Infinity}',
        b'{"name": "uploads", "size": 1e999}',
        b'{"name": "uploads", "size": 1, "size": 1}',
        b'{"name": "uploads", "size": 1, "labels": {"a": "1", "a": "1"}}',
        b'{"name": "uploads", "size": 1, "x": "\\u0000"}',
        b'{"name": "uploads", "size": 1, "\\u0000": 1}',
        b'{"name": "uploads", "size": 1, "description": "a\\u0000b"}',
        b'{"name": "uploads", "size": 1, "description": "\\ud800"}',
        b'{"name": "uploads", "size": 1, "labels": {"\\udfff": "x"}}',
        b'{"name": "uploads", "size": 1, "usedSize": ["\\ud800"]}',
        b'{"name": "uploads", "size": 1, "description": "\xff"}',
        b'{"name": "uploads", "size": 1, "description": "\xed\xa0\x80"}',
        b'{"name": "uploads", "size": 1, "description": "a\nb"}',
        b'\xef\xbb\xbf\xef\xbb\xbf{"name": "uploads", "size": 1}',
        b'{"name": "uploads", "size": 1}\xef\xbb\xbf',
        WISH.decode().encode("utf-16"),
        b'{"size": ' + b"9" * 5000 + b"}",
        nested(33),
        nested(5000),
        b"[" * 60_000,
        b'{"x":' * 10_000,
        b" ",
    ],
)
def test_invalid_json_is_a_400(alices, volumes, apps, body):
    for path in (volumes, f"{volumes}/validate", apps, "/environments"):
        response = alices.post(path, body)
        assert (response.status_code, response.json()["code"]) == (400, "VALIDATION_FAILED")
        assert codes(response) == {("", "invalid")}
    assert not Volume.objects.exists()


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"true", b"[{}]"])
def test_json_that_is_no_object_is_a_400(alices, volumes, apps, body):
    assert codes(alices.post(volumes, body)) == {("", "invalid")}
    assert alices.post("/environments", body).status_code == 400
    assert alices.post(apps, body).status_code == 400


@pytest.mark.parametrize("size", [len(WISH), 65536])
def test_a_byte_order_mark_is_ignored(alices, volumes, memory, size):
    body = b"\xef\xbb\xbf" + padded(size)[: 65536 - 3 - 1] + b"}" * (size > len(WISH))
    assert alices.post(volumes, body).status_code == 201


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"description": "\xff"}', "The body is not UTF-8. Send it in UTF-8."),
        (b"nonsense", "The body is not valid JSON: Expecting value: line 1 column 1 (char 0)."),
        (b'{"size": ' + b"9" * 5000 + b"}", "The body has a number with too many digits."),
        (b'{"a": 1, "a": 2}', "The body has the same key twice in an object."),
        (nested(5000), "The body is nested deeper than 32 levels."),
        (b"[]", "The body must be a JSON object, in braces."),
    ],
)
def test_the_response_says_what_is_wrong_with_the_body(alices, volumes, body, words):
    assert alices.post(volumes, body).json()["details"] == words


@pytest.fixture
def without_fields(here, volumes, apps, web, environment, gone):
    """Every request that needs no field, by name."""
    return {
        "update": ("PUT", here, 200),
        "update an application": ("PUT", f"{apps}/{web.ref}", 200),
        "update an environment": ("PUT", f"/environments/{environment.pk}", 200),
        "validate": ("POST", f"{volumes}/validate", 200),
        "snapshot": ("POST", f"{here}/snapshot", 201),
        "restore": ("POST", f"{volumes}/{gone}/restore", 200),
    }


@pytest.fixture
def gone(alices, volumes, make, settings):
    """The identifier of a volume that was deleted and can be restored."""
    settings.VOLUME_DELETE_GRACE = 3600
    deleted = make("gone")["id"]
    alices.delete(f"{volumes}/{deleted}")
    return deleted


@pytest.mark.parametrize(
    "body", [b"null", b"", b" null\n", b"{}", b"\xef\xbb\xbf", b"\xef\xbb\xbfnull"]
)
@pytest.mark.parametrize(
    "name",
    [
        *("update", "update an application", "update an environment"),
        *("validate", "snapshot", "restore"),
    ],
)
def test_a_missing_body_is_an_empty_object_where_no_field_is_required(
    alices, without_fields, name, body
):
    method, path, status = without_fields[name]
    assert alices.send(method, path, body).status_code == status


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"true", b"[null]", b'"null"'])
def test_json_that_is_no_object_is_a_400_where_no_field_is_required(alices, without_fields, body):
    answers = [alices.send(method, path, body) for method, path, _ in without_fields.values()]
    assert {answer.status_code for answer in answers} == {400}


@pytest.mark.parametrize("body", [b"null", b""])
def test_a_missing_body_is_a_400_where_a_field_is_required(alices, volumes, apps, here, body):
    paths = [volumes, apps, "/environments", f"{here}/attachment"]
    assert [alices.post(path, body).status_code for path in paths] == [400] * 4


@pytest.mark.parametrize(
    "encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "x-gzip", "identity, gzip", "nonsense"]
)
def test_an_encoded_body_is_a_415_that_says_what_to_send(alices, volumes, without_fields, encoding):
    requests = [("POST", volumes, 201), *without_fields.values()]
    for method, path, _ in requests:
        for body in (gzip.compress(WISH), WISH, b"null"):
            answer = alices.send(method, path, body, Content_Encoding=encoding)
            assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
            assert "Send it uncompressed and without this header" in answer.json()["details"]


@pytest.mark.parametrize(
    "encoding", ["identity", "Identity", "", " identity ", "identity, identity"]
)
def test_content_encoding_identity_is_accepted(alices, volumes, memory, encoding):
    assert alices.post(volumes, WISH, Content_Encoding=encoding).status_code == 201


def test_json_may_have_32_levels(alices, volumes):
    assert codes(alices.post(volumes, nested(32))) >= {("x", "unknown_field")}


@pytest.mark.parametrize(
    "size", [1.0, 1e3, "7", "\u0661", True, None, 2**63, 2**64, -(2**63), 10**400, 0, [], {}]
)
def test_numbers_outside_the_json_standard_are_refused(alices, volumes, here, environment, size):
    answers = [
        alices.post(volumes, {"name": "b", "size": size}),
        alices.put(here, {"size": size}),
        alices.put(here, {"version": size}),
        alices.post(f"{volumes}/validate", {"id": here.split("/")[-1], "version": size}),
        alices.put(f"/environments/{environment.pk}", {"version": size}),
    ]
    assert {answer.status_code for answer in answers[:2]} == {400}
    assert {answer.status_code for answer in answers} <= {200, 400, 409}
    assert Volume.objects.get().size == 100


@pytest.mark.parametrize("field", ["usedSize", "status", "createdBy", "companyIdRef", "isDeleted"])
@pytest.mark.parametrize("value", [None, 10**400, {"a": [1]}, "x" * 1000])
def test_fields_that_holdfast_sets_are_ignored_whatever_their_value(
    alices, volumes, memory, field, value
):
    assert alices.post(volumes, spec(**{field: value})).status_code == 201


def test_text_outside_ascii_is_kept(alices, volumes, memory):
    said = "Größe 大 🦀 \u2028 <b>"
    response = alices.post(volumes, spec(description=said))
    assert response.json()["description"] == said
    assert "🦀".encode() in response.content


def test_a_surrogate_pair_is_one_character(alices, volumes, memory):
    body = b'{"name": "uploads", "size": 1, "description": "\\ud83e\\udd80"}'
    assert alices.post(volumes, body).json()["description"] == "🦀"


def test_a_description_is_counted_in_characters(alices, volumes, memory):
    assert alices.post(volumes, spec(description="🦀" * 500)).status_code == 201


def padded(size):
    """A valid request of this many bytes."""
    return WISH[:-1] + b" " * (size - len(WISH)) + b"}"


def test_a_body_of_64_kib_is_accepted_and_one_byte_more_is_a_413(alices, volumes, memory):
    too_much = alices.post(volumes, padded(65537))
    assert (too_much.status_code, too_much.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert alices.post(volumes, padded(65536)).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/json; charset=zlib",
        "application/json; charset=nonsense",
        "application/vnd.api+json",
        "application/xml",
        "nonsense",
        "",
    ],
)
def test_anything_but_json_in_utf_8_is_a_415(alices, volumes, content_type):
    response = alices.post(volumes, WISH, Content_Type=content_type)
    assert (response.status_code, response.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert not Volume.objects.exists()


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
    ],
)
def test_json_in_utf_8_is_accepted(alices, volumes, memory, content_type):
    assert alices.post(volumes, WISH, Content_Type=content_type).status_code == 201


@pytest.fixture
def as_served(monkeypatch):
    """The request as the server makes it, instead of the test client's."""
    monkeypatch.setattr("django.test.client.WSGIRequest", Utf8Request)


@pytest.mark.usefixtures("as_served")
@pytest.mark.parametrize("charset", ["zlib", "nonsense", "base64", "utf-16", "idna"])
def test_an_unknown_charset_of_a_get_is_ignored(alices, volumes, charset):
    content_type = f"application/json; charset={charset}"
    # The test client sends no type along with nothing, unless it is told to twice.
    response = alices.client.get(
        f"{volumes}?name=x", headers=alices.headers, CONTENT_TYPE=content_type
    )
    assert response.status_code == 415


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "", "*/*;q=0"])
def test_every_accept_header_gets_json(alices, volumes, accept):
    good, bad = alices.get(volumes, Accept=accept), alices.get(f"{volumes}/x", Accept=accept)
    assert (good.status_code, bad.status_code) == (200, 400)
    assert good["Content-Type"] == bad["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "path", ["/{env}/volume?name=%00", "/{env}/volume/%00", "/%00/volume", "/environments?x=%00"]
)
def test_nul_in_path_and_query_is_a_400(alices, environment, path):
    response = alices.get(path.format(env=environment.pk))
    assert (response.status_code, response.json()["code"]) == (400, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    "query", ["name=%ff", "name=%ed%a0%80", "label=%ff:x", "nameIs=" + "x" * 5000, "cursor=%ff"]
)
def test_invalid_bytes_in_a_query_cause_no_error(alices, volumes, query):
    assert alices.get(f"{volumes}?{query}").status_code in {200, 400}


@pytest.mark.parametrize("name", ["If_Match", "If_None_Match", "Idempotency_Key", "X_Request_ID"])
@pytest.mark.parametrize("value", ["\u00ff", "\x00", '"', '"\x01"', "W/", "," * 3000])
def test_unusual_headers_cause_no_error(alices, here, volumes, name, value):
    answers = [
        alices.get(here, **{name: value}),
        alices.put(here, {}, **{name: value}),
        alices.post(volumes, {"name": "other", "size": 1}, **{name: value}),
    ]
    assert all(answer.status_code < 500 for answer in answers)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_a_put_without_a_body_is_an_empty_object(alices, here, content_type):
    response = alices.client.put(here, b"", headers=alices.headers, CONTENT_TYPE=content_type)
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body", [json.dumps({"x" * 60_000: 1}).encode(), b'{"' + b'":1,"'.join([b"a"] * 9000) + b'":1}']
)
def test_large_invalid_bodies_are_refused_in_order(alices, volumes, body):
    assert alices.post(volumes, body).status_code == 400
