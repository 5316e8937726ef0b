"""What each page may cost, in an environment of 500 volumes and a company of 500 people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership, Token, User
from tests.factories import ApplicationFactory
from volumes.models import Attachment, Environment, Snapshot, UsageSample, Volume
from volumes.storage import installation_id

MOST_QUERIES = 12
MOST_BYTES = 60_000

PAGES = {
    "overview": "/",
    "environment": "{env}",
    "second page": "{env}?page=2&sort=-size",
    "filtered": "{env}?name=volume-01",
    "applications": "{env}/applications",
    "environment activity": "{env}/activity",
    "settings of the environment": "{env}/settings",
    "new volume": "{env}/new",
    "new application": "{env}/new-application",
    "new environment": "/new-environment",
    "volume": "{vol}",
    "snapshots": "{vol}/snapshots",
    "applications of a volume": "{vol}/applications",
    "history": "{vol}/history",
    "edit": "{vol}/edit",
    "grow": "{vol}/grow",
    "attach": "{vol}/attach",
    "delete": "{vol}/delete",
    "activity": "/activity",
    "security": "/settings/security",
    "tokens": "/settings/tokens",
    "second page of tokens": "/settings/tokens?page=2",
    "members": "/settings/members",
    "second page of members": "/settings/members?from=person-100&place=A",
}


@pytest.fixture
def crowded(environment: Environment, alice: User, storage_root: Any) -> dict[str, str]:
    """500 volumes, each mounted and measured; the addresses of the environment and of one of them.

    As many people belong to its company, and as many tokens to Alice.
    """
    volumes = Volume.objects.bulk_create(
        Volume(
            environment=environment,
            name=f"volume-{number:03d}",
            size=1024,
            provisioned_size=1024,
            used_size=number * 2,
            used_size_at=timezone.now(),
            detached_at=timezone.now(),
            mount_path=f"/data/volume-{number:03d}",
            labels={"tier": f"tier-{number % 7}"},
            status="ready",
            created_by=alice.ref,
            modified_by=alice.ref,
        )
        for number in range(500)
    )
    applications = ApplicationFactory.create_batch(5, environment=environment)
    Attachment.objects.bulk_create(
        Attachment(volume=volume, application=application, mount_path=volume.mount_path)
        for volume in volumes
        for application in applications[:2]
    )
    one = volumes[0]
    for number in range(10):
        Snapshot.objects.create(
            volume=one,
            environment=environment,
            name=f"nightly-{number}",
            size=1024,
            status="ready",
            taken_at=timezone.now(),
            consistency="files",
            created_by=alice.ref,
        )
    UsageSample.objects.bulk_create(
        UsageSample(volume=one, used_size=number, size=1024) for number in range(300)
    )
    people = User.objects.bulk_create(User(username=f"person-{n:03d}") for n in range(500))
    Membership.objects.bulk_create(
        Membership(user=person, company=environment.company) for person in people
    )
    Token.objects.bulk_create(
        Token(owner=alice, name=f"token-{n:03d}", digest=str(n), scope="read") for n in range(500)
    )
    env = f"/env/{environment.pk}"
    return {"env": env, "vol": f"{env}/v/{one.pk}"}


@pytest.mark.usefixtures("remembered_storage_state")
@pytest.mark.parametrize("page", PAGES)
def test_a_page_stays_within_its_queries_and_bytes(
    alices: Client,
    crowded: dict[str, str],
    page: str,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    address = PAGES[page].format(**crowded)
    installation_id()  # a process asks for it once
    with django_assert_max_num_queries(MOST_QUERIES):
        answer = alices.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert len(answer.content) <= MOST_BYTES
