"""/environments."""

import pytest

from accounts.callers import SYSTEM
from accounts.models import Membership, Role
from accounts.services import add_member, change_role
from tests.factories import (
    ApplicationFactory,
    CompanyFactory,
    EnvironmentFactory,
    MembershipFactory,
)
from tests.support.api import codes
from volumes.models import Environment


@pytest.fixture
def mine(environment):
    return f"/environments/{environment.pk}"


def test_admin_creates_an_environment(alices, alice, company):
    spec = {"name": "staging", "resourceQuota": {"storage": 500}}
    response = alices.post("/environments", spec)
    made = response.json()
    assert response.status_code == 201
    stamps = {name: made[name] for name in ("id", "createdAt", "modifiedAt")}
    assert made == {
        "name": "staging",
        "companyIdRef": str(company.pk),
        "resourceQuota": {"storage": 500},
        "isDeleted": False,
        "createdBy": alice.ref,
        "modifiedBy": alice.ref,
        "version": 1,
        **stamps,
    }
    assert alices.get(response["Location"]).json() == made


@pytest.mark.parametrize("who", ["bobs", "erins"])
def test_only_admins_manage_environments(who, request, mine):
    speaking = request.getfixturevalue(who)
    assert speaking.get(mine).status_code == 200
    assert speaking.post("/environments", {"name": "x"}).status_code == 403
    assert speaking.put(mine, {"name": "x"}).status_code == 403
    assert speaking.delete(mine).status_code == 403
    assert Environment.objects.get().version == 1


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, {("name", "required")}),
        ({"name": "Bad"}, {("name", "invalid")}),
        ({"name": None}, {("name", "invalid")}),
        ({"name": "x", "quota": 1}, {("quota", "unknown_field")}),
        ({"name": "x", "resourceQuota": None}, {("resourceQuota", "invalid")}),
        ({"name": "x", "resourceQuota": 5}, {("resourceQuota", "invalid")}),
        ({"name": "x", "resourceQuota": {"cpu": 1}}, {("resourceQuota.cpu", "unknown_field")}),
        ({"name": "x", "resourceQuota": {"storage": -1}}, {("resourceQuota.storage", "invalid")}),
        ({"name": "x", "resourceQuota": {"storage": 1.0}}, {("resourceQuota.storage", "invalid")}),
        (
            {"name": "x", "resourceQuota": {"storage": "1GB"}},
            {("resourceQuota.storage", "invalid")},
        ),
        (
            {"name": "x", "resourceQuota": {"storage": 2**63}},
            {("resourceQuota.storage", "too_large")},
        ),
        (
            {"name": "x", "resourceQuota": {"storage": 2**53}},
            {("resourceQuota.storage", "too_large")},
        ),
        ({"name": "x", "companyIdRef": None}, {("companyIdRef", "invalid")}),
        ({"companyIdRef": "x"}, {("companyIdRef", "invalid"), ("name", "required")}),
        (
            {"companyIdRef": "00000000-0000-0000-0000-000000000000"},
            {("companyIdRef", "not_found"), ("name", "required")},
        ),
    ],
)
def test_an_invalid_request_is_refused(alices, body, problems):
    response = alices.post("/environments", body)
    assert (response.status_code, codes(response)) == (400, problems)


@pytest.mark.parametrize("quota", [{}, {"resourceQuota": {}}, {"resourceQuota": {"storage": None}}])
def test_an_environment_has_no_quota_by_default(alices, quota):
    made = alices.post("/environments", {"name": "staging", **quota}).json()
    assert made["resourceQuota"] == {"storage": None}


@pytest.mark.parametrize("quota", [0, 4_000_000, 4_000_000_000, 2**53 - 1])
def test_a_large_quota_is_returned_exactly(alices, mine, quota):
    body = {"resourceQuota": {"storage": quota}}
    assert alices.put(mine, body).json()["resourceQuota"] == {"storage": quota}
    usage = alices.get(f"{mine}/resource-usage").json()
    assert (usage["quota"], usage["available"]) == ({"storage": quota}, {"storage": quota})
    validation = alices.post(f"{mine}/volume/validate", {"name": "uploads", "size": 1}).json()
    assert validation["quota"]["limit"] == quota


def test_an_admin_of_several_companies_has_to_name_one(alices, alice, company):
    other = CompanyFactory.create()
    MembershipFactory.create(user=alice, company=other, role=Role.ADMIN)
    response = alices.post("/environments", {"name": "staging"})
    assert (response.status_code, codes(response)) == (400, {("companyIdRef", "required")})
    spec = {"name": "staging", "companyIdRef": str(other.pk).upper()}
    assert alices.post("/environments", spec).json()["companyIdRef"] == str(other.pk)


def test_a_promotion_elsewhere_does_not_change_the_default(alices, alice, bob, company):
    other = CompanyFactory.create()
    theirs = MembershipFactory.create(user=alice, company=other, role=Role.VIEWER)
    change_role(membership=theirs, role=Role.ADMIN, actor=SYSTEM)
    made = alices.post("/environments", {"name": "staging"})
    assert (made.status_code, made.json()["companyIdRef"]) == (201, str(company.pk))
    named = {"name": "staging", "companyIdRef": str(other.pk)}
    assert alices.post("/environments", named).status_code == 201


def test_a_role_that_is_removed_and_granted_again_is_a_promotion(api, bob, alice, company):
    mine = Membership.objects.get(user=bob, company=company)
    Membership.objects.filter(pk=mine.pk).update(role=Role.ADMIN)
    bobs = api(bob)
    assert bobs.post("/environments", {"name": "one"}).status_code == 201
    for role in (Role.EDITOR, Role.ADMIN):
        change_role(membership=mine, role=role, actor=SYSTEM)
    refused = bobs.post("/environments", {"name": "two"})
    assert (refused.status_code, codes(refused)) == (400, {("companyIdRef", "required")})
    named = {"name": "two", "companyIdRef": str(company.pk)}
    assert bobs.post("/environments", named).status_code == 201


def test_a_user_whom_an_operator_adds_as_an_admin_has_a_default(api, bob):
    other = CompanyFactory.create()
    add_member(company=other, person=bob, role=Role.ADMIN, actor=SYSTEM)
    made = api(bob).post("/environments", {"name": "staging"})
    assert (made.status_code, made.json()["companyIdRef"]) == (201, str(other.pk))


def test_members_who_are_no_admins_cannot_create_environments(alices, alice):
    other = CompanyFactory.create()
    MembershipFactory.create(user=alice, company=other, role=Role.EDITOR)
    spec = {"name": "staging", "companyIdRef": str(other.pk)}
    assert alices.post("/environments", spec).status_code == 403
    assert alices.post("/environments", {"name": "staging"}).status_code == 201


def test_a_foreign_company_gets_the_same_error_as_an_unknown_one(alices, charlie):
    theirs = charlie.memberships.get().company
    spec = {"name": "staging", "companyIdRef": str(theirs.pk)}
    foreign = alices.post("/environments", spec, X_Request_ID="same")
    spec["companyIdRef"] = "00000000-0000-0000-0000-000000000000"
    missing = alices.post("/environments", spec, X_Request_ID="same")
    assert codes(foreign) == {("companyIdRef", "not_found")}
    assert foreign.content == missing.content


def test_a_name_is_unique_in_a_company(alices, charlies_environment, environment):
    response = alices.post("/environments", {"name": "production"})
    assert (response.status_code, codes(response)) == (409, {("name", "name_taken")})
    alices.delete(f"/environments/{environment.pk}")
    assert alices.post("/environments", {"name": "production"}).status_code == 201


def test_an_update_changes_the_given_fields(alices, mine):
    changed = alices.put(mine, {"resourceQuota": {"storage": 7}}).json()
    assert (changed["name"], changed["resourceQuota"]["storage"]) == ("production", 7)
    assert changed["version"] == 2
    assert alices.put(mine, {"name": "prod"}).json()["resourceQuota"] == {"storage": 7}
    none = {"resourceQuota": {"storage": None}}
    assert alices.put(mine, none).json()["resourceQuota"] == {"storage": None}


def test_a_put_of_the_response_of_a_get_changes_no_version(alices, mine):
    read = alices.get(mine).json()
    assert alices.put(mine, read).json() == read


@pytest.mark.parametrize(
    ("body", "header", "status"),
    [
        ({"name": "x"}, '"1"', 200),
        ({"name": "x"}, '"2"', 412),
        ({"name": "x", "version": 2}, "*", 409),
        ({"name": "Bad", "version": 2}, '"2"', 412),
    ],
)
def test_if_match_and_version_protect_against_lost_updates(alices, mine, body, header, status):
    assert alices.put(mine, body, If_Match=header).status_code == status


def test_an_environment_cannot_change_its_company(alices, alice, mine):
    other = CompanyFactory.create()
    MembershipFactory.create(user=alice, company=other, role=Role.ADMIN)
    response = alices.put(mine, {"companyIdRef": str(other.pk)})
    assert codes(response) == {("companyIdRef", "invalid")}


def test_delete_is_refused_for_an_environment_with_volumes_and_names_ten(
    alices, mine, make, memory
):
    for number in range(12):
        make(f"v{number}", size=1)
    response = alices.delete(mine)
    assert (response.status_code, codes(response)) == (409, {("", "in_use")})
    message = response.json()["errors"][0]["message"]
    assert ", ".join(f"v{number}" for number in range(10)) + " and 2 more" in message


def test_deleting_an_environment_deletes_its_applications(alices, mine, apps, web):
    response = alices.delete(mine)
    assert response.json() == {
        "message": "Environment deleted successfully",
        "id": str(web.environment_id),
    }
    web.refresh_from_db()
    assert web.is_deleted


def test_a_stale_delete_is_a_412(alices, mine):
    assert alices.delete(mine, If_Match='"2"').status_code == 412


def test_everything_below_a_deleted_environment_is_a_404(alices, mine, volumes, apps):
    alices.delete(mine)
    asked = [mine, f"{mine}/resource-usage", volumes, apps, f"{volumes}/x", f"{volumes}/x/history"]
    assert [alices.get(path).status_code for path in asked] == [404] * len(asked)
    assert alices.get("/environments").json() == []
    assert [one["isDeleted"] for one in alices.get("/environments?includeDeleted=true").json()] == [
        True
    ]


def test_users_see_only_environments_of_their_companies(
    alices, charlies, environment, charlies_environment
):
    assert [one["id"] for one in alices.get("/environments").json()] == [str(environment.pk)]
    assert [one["id"] for one in charlies.get("/environments").json()] == [
        str(charlies_environment.pk)
    ]


def test_only_changes_of_the_environment_raise_its_version(alices, mine, make, apps):
    make("uploads")
    alices.post(apps, {"name": "web"})
    assert alices.get(mine).json()["version"] == 1


@pytest.mark.parametrize(
    ("quota", "company_quota", "answer"),
    [
        (None, None, (None, 100, None, None)),
        (1000, None, (1000, 100, 900, 10.0)),
        (1000, 150, (1000, 100, 50, 10.0)),
        (None, 150, (None, 100, 50, None)),
        (40, None, (40, 100, 0, 250.0)),
        (0, None, (0, 100, 0, 100.0)),
    ],
)
def test_resource_usage_shows_what_is_available(
    alices, mine, environment, volume, quota, company_quota, answer
):
    Environment.objects.update(storage_quota=quota)
    environment.company.storage_quota = company_quota
    environment.company.save(update_fields=["storage_quota"])
    usage = alices.get(f"{mine}/resource-usage").json()
    parts = ("quota", "used", "available", "utilizationPercent")
    assert tuple(usage[part]["storage"] for part in parts) == answer
    assert usage["environmentId"] == str(environment.pk)


def test_an_empty_environment_with_a_quota_of_0_is_full(alices, mine, environment):
    Environment.objects.update(storage_quota=0)
    usage = alices.get(f"{mine}/resource-usage").json()
    assert usage["utilizationPercent"] == {"storage": 100}


def test_a_deleted_environment_has_no_applications(alices, company):
    environment = EnvironmentFactory.create(company=company)
    app = ApplicationFactory.create(environment=environment)
    alices.delete(f"/environments/{environment.pk}")
    assert alices.get(f"/{environment.pk}/app/{app.ref}").status_code == 404
