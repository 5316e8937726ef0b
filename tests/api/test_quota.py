"""Quotas of environments and companies."""

import pytest

from accounts.models import Company
from tests.factories import EnvironmentFactory
from tests.support.api import codes
from volumes.models import Environment, Volume
from volumes.reconciler.steps import reconcile_row


@pytest.fixture
def bound(environment, company):
    def set_quotas(*, environments=None, companys=None):
        Environment.objects.filter(pk=environment.pk).update(storage_quota=environments)
        Company.objects.filter(pk=company.pk).update(storage_quota=companys)

    return set_quotas


@pytest.mark.parametrize("which", ["environments", "companys"])
def test_the_whole_quota_can_be_used(alices, volumes, memory, bound, which):
    bound(**{which: 100})
    assert alices.post(volumes, {"name": "a", "size": 101}).status_code == 409
    assert alices.post(volumes, {"name": "a", "size": 100}).status_code == 201
    response = alices.post(volumes, {"name": "b", "size": 1})
    assert (response.status_code, response.json()["code"]) == (409, "CONFLICT")
    assert codes(response) == {("size", "quota_exceeded")}


def test_the_companys_quota_spans_its_environments(alices, volumes, company, bound, make):
    other = EnvironmentFactory.create(company=company)
    bound(companys=100)
    make("here", size=60)
    path = f"/{other.pk}/volume"
    assert alices.post(path, {"name": "a", "size": 41}).status_code == 409
    assert alices.post(path, {"name": "a", "size": 40}).status_code == 201


def test_both_quotas_are_reported_when_both_are_exceeded(alices, volumes, memory, bound):
    bound(environments=10, companys=20)
    errors = alices.post(volumes, {"name": "a", "size": 21}).json()["errors"]
    assert [problem["code"] for problem in errors] == ["quota_exceeded", "quota_exceeded"]


def test_a_quota_of_0_accepts_nothing(alices, volumes, memory, bound):
    bound(environments=0)
    assert alices.post(volumes, {"name": "a", "size": 1}).status_code == 409


def test_pending_volumes_count(alices, volumes, make, bound, settings):
    settings.RECONCILE_INLINE = False
    bound(environments=100)
    make("pending", size=60)
    assert alices.post(volumes, {"name": "a", "size": 41}).status_code == 409


def test_deleted_data_counts_until_it_is_removed(alices, here, volumes, bound, memory, settings):
    bound(environments=100)
    memory.fail("delete")
    alices.delete(here)
    assert alices.post(volumes, {"name": "a", "size": 1}).status_code == 409
    memory.heal()
    row = Volume.objects.get()
    reconcile_row(Volume.objects.eligible(), row.pk)
    assert alices.post(volumes, {"name": "a", "size": 100}).status_code == 201


def test_volumes_filled_from_a_snapshot_count(alices, here, volumes, bound, snapshot):
    bound(environments=250)
    copy = {"size": 100, "restoreFrom": snapshot["id"]}
    assert alices.post(volumes, {"name": "first", **copy}).status_code == 201
    response = alices.post(volumes, {"name": "second", **copy})
    assert (response.status_code, codes(response)) == (409, {("size", "quota_exceeded")})


def test_growing_counts_the_difference(alices, here, bound):
    bound(environments=150)
    assert alices.put(here, {"size": 151}).status_code == 409
    assert alices.put(here, {"size": 150}).status_code == 200


def test_a_quota_can_be_set_below_the_usage(alices, environment, here, volumes, volume):
    path = f"/environments/{environment.pk}"
    assert alices.put(path, {"resourceQuota": {"storage": 10}}).status_code == 200
    assert alices.post(volumes, {"name": "a", "size": 1}).status_code == 409
    assert alices.get(here).json()["size"] == 100


def test_companies_do_not_share_a_quota(charlies, charlies_environment, bound, make):
    bound(companys=100)
    make("full", size=100)
    path = f"/{charlies_environment.pk}/volume"
    assert charlies.post(path, {"name": "a", "size": 1}).status_code == 201


def test_the_api_cannot_set_the_quota_of_a_company(alices, environment, company):
    alices.put(f"/environments/{environment.pk}", {"resourceQuota": {"storage": 5}})
    company.refresh_from_db()
    assert company.storage_quota is None
