"""Invitations to e-mail addresses, if mail is configured."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Company, Invitation, User
from config.mail import mail_server
from config.setting_sources import BadSetting
from tests.factories import UserFactory
from tests.support.people import log_in

MEMBERS = "/settings/members"
ADDRESS = "charlie@elsewhere.example"


@pytest.fixture
def alices(alice: User) -> Client:
    return log_in(Client(), alice)


@pytest.fixture
def _mail(settings: Any) -> None:
    settings.EMAIL_ENABLED = True


@pytest.fixture
def charlie_at_home(charlie: User) -> User:
    User.objects.filter(pk=charlie.pk).update(email="Charlie@Elsewhere.example")
    return charlie


def invite(client: Client, name: str) -> Any:
    return client.post(MEMBERS, {"username": name, "role": "editor"}, follow=True)


@pytest.mark.usefixtures("_mail")
def test_owner_of_an_address_is_invited_by_mail(alices: Client, charlie_at_home: User) -> None:
    assert "Username or e-mail address" in alices.get(MEMBERS).text
    page = invite(alices, ADDRESS)
    assert f"Invited {ADDRESS} to Acme." in page.text
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == ([ADDRESS], "Invitation to Acme")
    assert "alice invites you to join Acme on Holdfast as an editor." in letter.body
    assert "http://127.0.0.1:8000/settings/invitations" in letter.body
    client = log_in(Client(), charlie_at_home)
    assert "Acme" in client.get("/settings/invitations").text
    # Only the person reveals to the company whose address it is.
    shown = alices.get(MEMBERS).text + alices.get("/activity").text
    assert (">charlie<" in shown, ADDRESS in shown) == (False, True)


@pytest.mark.usefixtures("_mail")
def test_company_does_not_learn_who_declined_when_invited_by_address(
    alices: Client, charlie_at_home: User
) -> None:
    invite(alices, ADDRESS)
    client = log_in(Client(), charlie_at_home)
    client.post(f"/settings/invitations/{Invitation.objects.get().pk}/decline")
    response: Any = alices.get("/activity.csv")
    exported = b"".join(response.streaming_content).decode()
    assert charlie_at_home.ref not in exported + alices.get("/activity").text
    assert "decline" in exported


@pytest.mark.usefixtures("_mail")
def test_unknown_address_gets_the_same_mail(alices: Client, charlie_at_home: User) -> None:
    for address in (ADDRESS, "nobody@elsewhere.example"):
        invite(alices, address)
    found, none = mail.outbox
    assert found.body == none.body
    assert Invitation.objects.filter(user=None).get().name == "nobody@elsewhere.example"


@pytest.mark.usefixtures("_mail")
def test_address_of_a_member_is_answered_like_any_other(alices: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@home.example")
    assert "Invited bob@home.example to Acme." in invite(alices, "bob@home.example").text


@pytest.mark.usefixtures("_mail")
def test_address_of_two_accounts_invites_neither(alices: Client, charlie_at_home: User) -> None:
    UserFactory.create(email=ADDRESS)
    invite(alices, ADDRESS)
    assert Invitation.objects.get().user is None


@pytest.mark.usefixtures("_mail")
def test_invitation_by_username_sends_no_mail(
    alices: Client, charlie_at_home: User, company: Company
) -> None:
    invite(alices, "charlie")
    assert Invitation.objects.get().user == charlie_at_home
    assert not mail.outbox


@pytest.mark.usefixtures("_mail")
def test_warning_is_shown_when_the_mail_fails(alices: Client, charlie: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert f"The mail to {ADDRESS} could not be sent." in invite(alices, ADDRESS).text
    assert Invitation.objects.exists()


def test_address_invites_no_account_when_mail_is_not_configured(
    alices: Client, charlie_at_home: User
) -> None:
    assert "Username or e-mail address" not in alices.get(MEMBERS).text
    invite(alices, ADDRESS)
    assert Invitation.objects.get().user is None
    assert not mail.outbox


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("smtp://mail.example", ("mail.example", 25, "", "", False, False, "holdfast@v.example")),
        ("smtp://[::1]:1025", ("::1", 1025, "", "", False, False, "holdfast@v.example")),
        (
            "submission://me%40x:p%2Fw@mail.example?from=no-reply@x.example",
            ("mail.example", 587, "me@x", "p/w", True, False, "no-reply@x.example"),
        ),
        ("smtps://mail.example/", ("mail.example", 465, "", "", False, True, "holdfast@v.example")),
    ],
)
def test_mail_setting_is_parsed_into_a_server(
    monkeypatch: pytest.MonkeyPatch, url: str, meant: tuple[Any, ...]
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    server = mail_server("EMAIL_URL", public_host="v.example")
    assert server is not None
    parts = (server.host, server.port, server.user, server.password)
    assert (*parts, server.use_starttls, server.use_tls, server.sender) == meant


def test_mail_is_off_when_the_setting_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", " ")
    assert mail_server("EMAIL_URL", public_host="v.example") is None


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "mail.example:25",
        "http://mail.example",
        "smtp://",
        "smtp://:secret@",
        "smtp://mail.example:0",
        "smtp://mail.example:99999",
        "smtp://mail.example:x",
        "smtp://[::1",
        "smtp://mail.example/path",
        "smtp://mail.example?tls=1",
        "smtp://mail.example?from=",
        "smtp://mail.example?from=nobody",
        "smtp://mail.example?from=a@b&from=c@d",
        "smtp://mail.example?from=a@b%0aBcc:c@d",
        "smtp://mail.example#x",
        "smtp://two words",
    ],
)
def test_invalid_mail_setting_stops_the_start(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(BadSetting, match="EMAIL_URL must be like smtp://") as stopped:
        mail_server("EMAIL_URL", public_host="v.example")
    assert "secret" not in str(stopped.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_sender_is_at_localhost_when_the_public_host_is_an_ip_address(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp://mail.example")
    server = mail_server("EMAIL_URL", public_host=host)
    assert server is not None
    assert server.sender == "holdfast@localhost"
