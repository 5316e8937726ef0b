"""Invitations to e-mail addresses, where mail is configured."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Company, Invitation, User
from config.env import BadSetting
from config.mail import mail_server
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
def test_the_holder_of_an_address_is_invited_and_told(
    alices: Client, charlie_at_home: User
) -> None:
    assert "Username or e-mail address" in alices.get(MEMBERS).text
    page = invite(alices, ADDRESS)
    assert f"Invited {ADDRESS} to Acme." in page.text
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == ([ADDRESS], "Invitation to Acme")
    assert "alice invites you to join Acme on Holdfast as an editor." in letter.body
    assert "http://127.0.0.1:8000/settings/invitations" in letter.body
    client = log_in(Client(), charlie_at_home)
    assert "Acme" in client.get("/settings/invitations").text
    # The company learns whose address it is from nobody but the person.
    shown = alices.get(MEMBERS).text + alices.get("/activity").text
    assert (">charlie<" in shown, ADDRESS in shown) == (False, True)


@pytest.mark.usefixtures("_mail")
def test_who_declines_by_address_stays_unknown(alices: Client, charlie_at_home: User) -> None:
    invite(alices, ADDRESS)
    client = log_in(Client(), charlie_at_home)
    client.post(f"/settings/invitations/{Invitation.objects.get().pk}/decline")
    response: Any = alices.get("/activity.csv")
    exported = b"".join(response.streaming_content).decode()
    assert charlie_at_home.ref not in exported + alices.get("/activity").text
    assert "decline" in exported


@pytest.mark.usefixtures("_mail")
def test_an_address_of_nobody_gets_the_same_mail(alices: Client, charlie_at_home: User) -> None:
    for address in (ADDRESS, "nobody@elsewhere.example"):
        invite(alices, address)
    found, none = mail.outbox
    assert found.body == none.body
    assert Invitation.objects.filter(user=None).get().name == "nobody@elsewhere.example"


@pytest.mark.usefixtures("_mail")
def test_an_address_of_a_member_says_nothing(alices: Client, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(email="bob@home.example")
    assert "Invited bob@home.example to Acme." in invite(alices, "bob@home.example").text


@pytest.mark.usefixtures("_mail")
def test_an_address_of_two_accounts_is_nobodys(alices: Client, charlie_at_home: User) -> None:
    UserFactory.create(email=ADDRESS)
    invite(alices, ADDRESS)
    assert Invitation.objects.get().user is None


@pytest.mark.usefixtures("_mail")
def test_usernames_still_count_and_are_not_mailed(
    alices: Client, charlie_at_home: User, company: Company
) -> None:
    invite(alices, "charlie")
    assert Invitation.objects.get().user == charlie_at_home
    assert not mail.outbox


@pytest.mark.usefixtures("_mail")
def test_a_mail_that_cannot_be_sent_is_said(alices: Client, charlie: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert f"The mail to {ADDRESS} could not be sent." in invite(alices, ADDRESS).text
    assert Invitation.objects.exists()


def test_without_mail_an_address_stands_for_nobody(alices: Client, charlie_at_home: User) -> None:
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
def test_the_setting_names_a_server(
    monkeypatch: pytest.MonkeyPatch, url: str, meant: tuple[Any, ...]
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    server = mail_server("EMAIL_URL", public_host="v.example")
    assert server is not None
    parts = (server.host, server.port, server.user, server.password)
    assert (*parts, server.use_starttls, server.use_tls, server.sender) == meant


def test_no_setting_is_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_a_setting_that_names_none_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    with pytest.raises(BadSetting, match="EMAIL_URL must be like smtp://") as stopped:
        mail_server("EMAIL_URL", public_host="v.example")
    assert "secret" not in str(stopped.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_host_of_numbers_sends_as_localhost(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("EMAIL_URL", "smtp://mail.example")
    server = mail_server("EMAIL_URL", public_host=host)
    assert server is not None
    assert server.sender == "holdfast@localhost"
