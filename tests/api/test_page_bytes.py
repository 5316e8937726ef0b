"""Pages end at 4 MiB as well as at `limit`."""

import json
import re
import tracemalloc

import pytest

from accounts.models import Revision, Subject
from tests.factories import ApplicationFactory, EnvironmentFactory
from volumes.api import pagination
from volumes.models import Attachment, Snapshot, Volume

NEXT = re.compile(r'^<http://testserver([^>]+)>; rel="next"$')
MOST = 4 * 2**20


@pytest.fixture
def pages(alices):
    """`pages(path)` follows the links. It answers each page's raw bytes."""

    def follow(path):
        while path:
            answer = alices.get(path)
            assert answer.status_code == 200, answer.content
            yield answer.content
            path = "".join(NEXT.findall(answer.get("Link", "")))

    return follow


@pytest.fixture
def small(monkeypatch):
    """Pages of 6,000 bytes, which a test can afford to fill in every list."""
    monkeypatch.setattr("config.limits.MAX_LIST_BYTES", 6000)
    monkeypatch.setattr(pagination, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr("volumes.api.fast_path.ROWS_AT_ONCE", 3)


@pytest.fixture
def many(company, environment, row, alice, web):
    """30 of everything, beside a volume with its attachments, snapshots and history."""
    # Four bytes a character in UTF-8, and one only in Python.
    text = "😀" * 100
    Volume.objects.bulk_create(
        Volume(environment=environment, name=f"v{number}", size=1 + number % 3, description=text)
        for number in range(30)
    )
    Revision.objects.bulk_create(
        Revision(
            company=company,
            environment_id=environment.pk,
            subject=Subject.VOLUME,
            subject_id=str(row.pk),
            version=number,
            action="update",
            changes={"description": [text, number]},
        )
        for number in range(2, 32)
    )
    applications = [
        ApplicationFactory.create(environment=environment, name=f"a{number}")
        for number in range(30)
    ]
    Attachment.objects.bulk_create(
        Attachment(volume=row, application=one, mount_path="/" + "x" * 300) for one in applications
    )
    Snapshot.objects.bulk_create(
        Snapshot(
            environment=environment, volume=row, name=f"s{number}", size=1, status_message=text
        )
        for number in range(30)
    )
    for number in range(30):
        EnvironmentFactory.create(company=company, name=f"e{number}")


LISTS = {
    "{volumes}": "id",
    "{volumes}?name=": "id",
    "{volumes}?sort=name": "id",
    "{volumes}?sort=-size&limit=20": "id",
    "{volumes}?limit=7": "id",
    "{here}/history": "version",
    "{here}/attachment": "appIdRef",
    "{here}/snapshot": "id",
    "{apps}": "id",
    "/environments": "id",
}


@pytest.mark.usefixtures("many", "small")
@pytest.mark.parametrize(("path", "key"), LISTS.items())
def test_every_row_is_on_exactly_one_page(pages, volumes, apps, here, path, key):
    found = list(pages(path.format(volumes=volumes, apps=apps, here=here)))
    rows = [row[key] for page in found for row in json.loads(page)]
    assert len(rows) == len(set(rows)) >= 30
    assert max(map(len, found)) <= 6000
    # None ends before the next row would have been too much.
    assert len(found) <= 2 * sum(map(len, found)) // 6000 + 5


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("path", LISTS)
def test_a_page_has_at_least_one_row(pages, volumes, apps, here, path, monkeypatch):
    monkeypatch.setattr("config.limits.MAX_LIST_BYTES", 1)
    found = list(pages(path.format(volumes=volumes, apps=apps, here=here)))
    assert {len(json.loads(page)) for page in found} == {1}


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("rows_at_once", [1, 3, 31, 100])
def test_the_batch_size_of_the_database_changes_no_page(
    alices, volumes, apps, here, path, rows_at_once, monkeypatch
):
    place = path.format(volumes=volumes, apps=apps, here=here)
    before = alices.get(place)
    monkeypatch.setattr(pagination, "ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr("volumes.api.fast_path.ROWS_AT_ONCE", rows_at_once)
    after = alices.get(place)
    assert (after.content, after.get("Link")) == (before.content, before.get("Link"))


def heavy_history(row, company, number, size):
    Revision.objects.bulk_create(
        Revision(
            company=company,
            subject=Subject.VOLUME,
            subject_id=str(row.pk),
            version=version,
            action="update",
            changes={"description": ["", "x" * size]},
        )
        for version in range(2, number + 2)
    )


def test_a_page_ends_at_4_mib(pages, row, company, here):
    heavy_history(row, company, 100, 100_000)
    found = list(pages(f"{here}/history"))
    assert [len(json.loads(page)) for page in found] == [41, 41, 19]
    assert max(map(len, found)) <= MOST


def test_a_page_of_volumes_ends_at_4_mib_on_the_fast_path_too(pages, volumes, environment):
    Volume.objects.bulk_create(
        Volume(environment=environment, name=f"v{n}", size=1, labels={"k": "x" * 100_000})
        for n in range(60)
    )
    found = list(pages(volumes))
    assert [len(json.loads(page)) for page in found] == [41, 19]
    assert max(map(len, found)) <= MOST


def test_rows_beyond_the_page_are_not_read(alices, row, company, here):
    heavy_history(row, company, 600, 100_000)
    alices.get(f"{here}/history?limit=1")
    tracemalloc.start()
    try:
        answer = alices.get(f"{here}/history")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(answer.json()) == 41
    # 100 rows, each as text and as objects, and the page in parts and as one; all are 60 MB.
    assert peak < 45e6
