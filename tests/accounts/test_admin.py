"""The admin of users, companies, memberships and tokens."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import Company, Membership, Revision, Role, Subject, Token, User
from tests.factories import CompanyFactory, MembershipFactory, UserFactory, give_token
from tests.support.people import give_password, is_in, log_in

LISTS = [
    f"/admin/accounts/{model}/" for model in ("user", "company", "membership", "token", "revision")
]


@pytest.fixture
def operator(alice: User) -> User:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    alice.refresh_from_db()
    return alice


@pytest.mark.parametrize("page", ["/admin/", *LISTS, "/admin/nothing/"])
def test_anonymous_request_to_the_admin_redirects_to_login(
    client: Client, db: None, page: str
) -> None:
    assert client.get(page)["Location"] == f"/login?next={page}"


@pytest.mark.parametrize("page", ["/admin/", *LISTS, "/admin/nothing/"])
def test_admin_refuses_a_member(client: Client, bob: User, page: str) -> None:
    log_in(client, bob)
    assert client.get(page).status_code == 403


def test_staff_without_a_second_factor_is_refused(client: Client, dora: User) -> None:
    User.objects.filter(pk=dora.pk).update(is_staff=True, is_superuser=True)
    log_in(client, dora)
    assert client.get("/admin/").status_code == 403


def test_admin_redirects_staff_to_login_when_only_the_password_was_given(
    client: Client, operator: User
) -> None:
    give_password(client, operator)
    assert client.get("/admin/")["Location"] == "/login?next=/admin/"


@pytest.mark.parametrize("page", ["/admin/", *LISTS])
def test_admin_admits_an_operator(client: Client, operator: User, page: str) -> None:
    give_token(operator)
    log_in(client, operator)
    assert client.get(page).status_code == 200


def test_admin_login_redirects_to_the_login_page(client: Client, db: None) -> None:
    assert client.get("/admin")["Location"] == "/admin/"
    assert client.get("/admin/login/")["Location"] == "/login?next=/admin/"


def test_admin_logout_uses_the_logout_page(client: Client, operator: User) -> None:
    log_in(client, operator)
    client.post("/admin/logout/")
    assert not is_in(client)


def test_password_of_a_new_user_is_hashed_with_argon2(client: Client, operator: User) -> None:
    log_in(client, operator)
    spec = {
        "username": "erik",
        "usable_password": "true",
        "password1": "kelp on the rock",
        "password2": "kelp on the rock",
    }
    client.post("/admin/accounts/user/add/", spec)
    assert User.objects.get(username="erik").password.startswith("argon2")


def test_users_and_companies_cannot_be_deleted(
    client: Client, operator: User, company: Company
) -> None:
    log_in(client, operator)
    user = f"/admin/accounts/user/{operator.pk}/delete/"
    assert client.post(user, {"post": "yes"}).status_code == 403
    its = f"/admin/accounts/company/{company.pk}/delete/"
    assert client.post(its, {"post": "yes"}).status_code == 403


def test_changing_a_companys_quota_is_recorded(
    client: Client, operator: User, company: Company
) -> None:
    Company.objects.filter(pk=company.pk).update(storage_used=7)
    log_in(client, operator)
    url = f"/admin/accounts/company/{company.pk}/change/"
    client.post(url, {"name": "Acme", "storage_quota": "500"})
    company.refresh_from_db()
    assert (company.storage_quota, company.storage_used) == (500, 7)
    entry = Revision.objects.get(subject=Subject.COMPANY)
    assert (entry.via, entry.by) == ("admin", operator.ref)
    assert entry.changes == {"storageQuota": [None, 500]}


@pytest.mark.parametrize("quota", ["-1", str(2**63), "x"])
def test_company_form_refuses_an_invalid_quota(
    client: Client, operator: User, company: Company, quota: str
) -> None:
    log_in(client, operator)
    url = f"/admin/accounts/company/{company.pk}/change/"
    assert client.post(url, {"name": "Acme", "storage_quota": quota}).status_code == 200


def test_creating_a_company_is_recorded(client: Client, operator: User) -> None:
    log_in(client, operator)
    client.post("/admin/accounts/company/add/", {"name": "New", "storage_quota": ""})
    made = Company.objects.get(name="New")
    assert Revision.objects.get(subject=Subject.COMPANY).company == made


def test_adding_a_member_is_recorded(
    client: Client, operator: User, charlie: User, company: Company
) -> None:
    log_in(client, operator)
    spec = {"user": charlie.pk, "company": company.pk, "role": "editor"}
    client.post("/admin/accounts/membership/add/", spec)
    assert Membership.objects.get(user=charlie, company=company).role == Role.EDITOR
    assert Revision.objects.get(subject=Subject.MEMBER).via == "admin"


@pytest.mark.parametrize(
    ("verb", "spec"), [("delete", {"post": "yes"}), ("change", {"role": "viewer"})]
)
def test_admin_site_keeps_the_last_admin_of_a_company(
    client: Client, operator: User, company: Company, verb: str, spec: dict[str, str]
) -> None:
    mine = Membership.objects.get(user=operator)
    log_in(client, operator)
    url = f"/admin/accounts/membership/{mine.pk}/{verb}/"
    page = client.post(url, spec, follow=True).text
    assert "is the only admin of Acme." in page
    mine.refresh_from_db()
    assert mine.role == Role.ADMIN


def test_removing_a_member_is_recorded(client: Client, operator: User, company: Company) -> None:
    other = MembershipFactory.create(company=company)
    log_in(client, operator)
    client.post(f"/admin/accounts/membership/{other.pk}/delete/", {"post": "yes"})
    assert not Membership.objects.filter(pk=other.pk).exists()
    assert Revision.objects.get(subject=Subject.MEMBER).action == "delete"


def test_tokens_can_be_revoked_but_not_changed(client: Client, operator: User) -> None:
    give_token(operator)
    token = Token.objects.get()
    log_in(client, operator)
    assert token.digest not in client.get(f"/admin/accounts/token/{token.pk}/change/").text
    assert client.get("/admin/accounts/token/add/").status_code == 403
    client.post("/admin/accounts/token/do/revoke/", {"_selected_action": [str(token.pk)]})
    assert not Token.objects.usable().exists()
    assert Revision.objects.get(subject=Subject.TOKEN).via == "admin"


def test_password_set_by_an_operator_is_recorded_and_ends_sessions(
    client: Client, operator: User, bob: User
) -> None:
    theirs = log_in(Client(), bob)
    log_in(client, operator)
    spec = {
        "usable_password": "true",
        "password1": "kelp on the rock",
        "password2": "kelp on the rock",
    }
    client.post(f"/admin/accounts/user/{bob.pk}/password/", spec)
    assert not is_in(theirs)
    assert Revision.objects.get(subject=Subject.PASSWORD, subject_id=bob.ref).via == "admin"


def test_user_form_neither_shows_nor_changes_the_password(
    client: Client, operator: User, bob: User
) -> None:
    log_in(client, operator)
    url = f"/admin/accounts/user/{bob.pk}/change/"
    assert bob.password not in client.get(url).text
    client.post(url, {"username": "bob", "is_active": "on", "password": "plain"})
    before = bob.password
    bob.refresh_from_db()
    assert bob.password == before


def test_staff_cannot_give_themselves_rights(client: Client, operator: User, bob: User) -> None:

    may = Permission.objects.filter(codename__in=["view_user", "change_user"])
    bob.user_permissions.set(may)
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    log_in(client, bob)
    url = "/admin/accounts/user/{}/change/"
    spec = {"username": "bob", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    client.post(url.format(bob.pk), spec)
    bob.refresh_from_db()
    assert not bob.is_superuser
    assert client.post(url.format(operator.pk), spec).status_code == 403


@pytest.mark.parametrize("pk", ["x", str(2**70), "%00", "1_0"])
def test_admin_handles_keys_that_cannot_exist(client: Client, operator: User, pk: str) -> None:
    log_in(client, operator)
    for model in ("user", "company", "membership", "token", "revision"):
        assert client.get(f"/admin/accounts/{model}/{pk}/change/").status_code in {302, 400, 404}
    assert client.get(f"/admin/accounts/user/{pk}/password/").status_code in {302, 400, 404}


def test_operators_see_companies_they_do_not_belong_to(client: Client, operator: User) -> None:
    CompanyFactory.create(name="Faraway")
    UserFactory.create()
    log_in(client, operator)
    assert "Faraway" in client.get("/admin/accounts/company/").text


def test_promotion_to_staff_is_in_the_history(client: Client, operator: User, bob: User) -> None:
    log_in(client, operator)
    spec = {"username": "bob", "is_active": "on", "is_staff": "on"}
    client.post(f"/admin/accounts/user/{bob.pk}/change/", spec)
    found = Revision.objects.get(subject=Subject.ACCOUNT, subject_id=bob.ref)
    assert found.changes == {"isStaff": [False, True]}
    assert (found.via, found.by) == ("admin", operator.ref)


def test_groups_and_permissions_are_in_the_history(
    client: Client, operator: User, bob: User
) -> None:
    log_in(client, operator)
    may = Permission.objects.get(codename="view_volume")
    helpers = Group.objects.create(name="helpers")
    url = f"/admin/accounts/user/{bob.pk}/change/"
    spec = {"username": "bob", "is_active": "on"}
    client.post(url, spec | {"user_permissions": [may.pk], "groups": [helpers.pk]})
    given = Revision.objects.get(subject=Subject.ACCOUNT, subject_id=bob.ref)
    assert given.changes == {
        "groups": [[], ["helpers"]],
        "permissions": [[], ["volumes.view_volume"]],
    }
    client.post(url, spec)
    taken = Revision.objects.filter(subject=Subject.ACCOUNT).latest("pk")
    assert taken.changes["permissions"] == [["volumes.view_volume"], []]
    assert (taken.via, taken.by) == ("admin", operator.ref)


def test_saving_an_unchanged_account_writes_no_history(
    client: Client, operator: User, bob: User
) -> None:
    log_in(client, operator)
    client.post(f"/admin/accounts/user/{bob.pk}/change/", {"username": "bob", "is_active": "on"})
    assert not Revision.objects.exists()


def test_companies_see_only_what_members_see_of_an_account(
    client: Client, operator: User, bob: User, company: Company
) -> None:
    log_in(client, operator)
    spec = {"username": "robert", "email": "bob@home.example", "is_staff": "on"}
    client.post(f"/admin/accounts/user/{bob.pk}/change/", spec)
    entries = Revision.objects.filter(subject=Subject.ACCOUNT, subject_id=bob.ref)
    assert entries.get(company=company).changes == {
        "username": ["bob", "robert"],
        "isActive": [True, False],
    }
    assert entries.get(company=None).changes.keys() == {"username", "email", "isActive", "isStaff"}
