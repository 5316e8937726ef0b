"""What all account pages share: headers, valid HTML, error pages and the theme."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Company, Role, User
from config.errors import Throttled
from config.http import error_responses
from tests.factories import PASSWORD, MembershipFactory
from tests.support.callers import invited
from tests.support.people import log_in

SIGNED_IN = [
    "/settings/security",
    "/settings/tokens",
    "/settings/members",
    "/settings/invitations",
    "/logout",
]
INLINE = re.compile(
    r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE
)


def assert_sound(response) -> None:
    """The policy is strict, and the page needs nothing that it forbids."""
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Request-ID"]
    assert not INLINE.search(response.text)
    ids = re.findall(r'\sid="([^"]+)"', response.text)
    assert len(ids) == len(set(ids))
    described = re.findall(r'aria-describedby="([^"]+)"', response.text)
    assert {one for all_of in described for one in all_of.split()} <= set(ids)
    labelled = re.findall(r'aria-labelledby="([^"]+)"', response.text)
    assert set(labelled) <= set(ids)
    assert set(re.findall(r'<label for="([^"]+)"', response.text)) <= set(ids)
    assert response.text.count("<h1") == response.text.count("<main") == 1
    assert "successfully" not in response.text
    assert "sorry" not in response.text.lower()


@pytest.mark.parametrize("page", SIGNED_IN)
@pytest.mark.parametrize("who", ["alice", "dora"])
def test_account_pages_are_valid_and_fit_the_csp(
    client: Client, request: pytest.FixtureRequest, page: str, who: str
) -> None:
    log_in(client, request.getfixturevalue(who))
    assert_sound(client.get(page))


def test_login_pages_are_valid_and_fit_the_csp(client: Client, alice: User) -> None:
    assert_sound(client.get("/login"))
    assert_sound(client.post("/login", {"username": "alice", "password": "wrong"}))
    assert_sound(client.post("/login", {"username": "alice", "password": PASSWORD}))
    assert_sound(client.post("/login", {"code": "wrong"}))


def test_enrolment_page_is_valid_and_fits_the_csp(client: Client, dora: User) -> None:
    log_in(client, dora)
    assert_sound(client.post("/settings/security", {"action": "enrol", "password": PASSWORD}))


def test_forms_with_errors_are_valid_and_fit_the_csp(client: Client, alice: User) -> None:
    log_in(client, alice)
    for action in ("password", "switch_off", "recovery_codes"):
        assert_sound(client.post("/settings/security", {"action": action}))
    assert_sound(client.post("/settings/tokens", {}))
    assert_sound(client.post("/settings/members", {"username": "alice", "role": "viewer"}))


def test_invitation_pages_are_valid_and_fit_the_csp(
    client: Client, alice: User, company: Company
) -> None:
    invitation = invited(company, by=alice)
    assert invitation.user is not None
    assert_sound(log_in(client, alice).get("/settings/members"))
    assert_sound(log_in(Client(), invitation.user).get("/settings/invitations"))


def test_own_role_confirmation_is_valid_and_fits_the_csp(
    client: Client, alice: User, company: Company
) -> None:
    MembershipFactory.create(company=company, role=Role.ADMIN)
    log_in(client, alice)
    mine = alice.memberships.get().pk
    assert_sound(client.post(f"/settings/members/{mine}/role", {"role": "viewer"}))


def test_the_404_page_is_valid_and_says_what_to_do(client: Client, db: None) -> None:
    response = client.get("/nothing/here", headers={"X-Request-ID": "find-me"})
    assert response.status_code == 404
    assert_sound(response)
    assert "Check the address" in response.text
    assert "find-me" in response.text


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (error_responses.bad_request, 400, "check what you typed"),
        (error_responses.forbidden, 403, "ask an admin"),
        (error_responses.not_found, 404, "Check the address"),
        (error_responses.server_error, 500, "tell whoever runs"),
        (error_responses.unavailable, 503, "Load the page again"),
        (
            lambda request: error_responses.too_many_requests(request, Throttled(60)),
            429,
            "Wait 60 seconds",
        ),
    ],
)
def test_each_error_page_says_what_to_do_next(rf, answer, status: int, words: str) -> None:
    response = answer(rf.get("/settings/security"))
    assert response.status_code == status
    assert words in response.text
    assert not INLINE.search(response.text)


def test_the_csrf_error_is_a_page(alice: User) -> None:
    response = Client(enforce_csrf_checks=True).post("/login", {"username": "alice"})
    assert response.status_code == 403
    assert_sound(response)


@pytest.mark.parametrize("page", ["/login", *SIGNED_IN])
@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client: Client, bob: User, page: str, method: str) -> None:
    log_in(client, bob)
    assert getattr(client, method)(page).status_code in {302, 405}


@pytest.mark.parametrize("page", ["/settings/security", "/settings/tokens", "/settings/members"])
def test_every_form_needs_the_csrf_token(bob: User, page: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(bob)
    assert client.post(page, {"action": "password"}).status_code == 403


def test_start_page_is_the_console(client: Client, dora: User) -> None:
    assert client.get("/")["Location"] == "/login?next=/"
    log_in(client, dora)
    assert client.get("/").status_code == 200


def test_theme_is_stored_in_a_cookie(client: Client, db: None) -> None:
    answer = client.post("/theme", {"theme": "dark", "next": "/login?next=/settings/tokens"})
    assert answer["Location"] == "/login?next=/settings/tokens"
    assert '<html lang="en" data-theme="dark">' in client.get("/login").text
    client.post("/theme", {"theme": "system", "next": "/login"})
    assert '<html lang="en">' in client.get("/login").text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "\\\\evil"])
def test_theme_never_redirects_to_another_site(client: Client, db: None, elsewhere: str) -> None:
    assert client.post("/theme", {"theme": "dark", "next": elsewhere})["Location"] == "/"


def test_unknown_theme_is_not_stored(client: Client, db: None) -> None:
    client.post("/theme", {"theme": '"><script>', "next": "/"})
    client.cookies["theme"] = '"><script>'
    assert "<script" not in client.get("/login").text


def test_favicon_redirects_to_the_icon(client: Client, db: None) -> None:
    icon = client.get(client.get("/favicon.ico")["Location"])
    assert icon["Content-Type"] == "image/svg+xml"


def test_names_are_escaped(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(username="<b>alice</b>")
    log_in(client, User.objects.get(pk=alice.pk))
    assert "<b>alice" not in client.get(reverse("security")).text
