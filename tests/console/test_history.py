"""The history of a volume, in sentences."""

from __future__ import annotations

import re

import pytest

from accounts.models import Revision, Subject
from tests.factories import ApplicationFactory
from volumes.presentation.timeline import Entry, entries


def plain(page: str) -> str:
    """What there is to read, without the markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def entry_of(**fields: object) -> Entry:
    row = {"subject": Subject.VOLUME, "subject_name": "uploads", "by": "system", "via": "command"}
    return entries([Revision.objects.create(**{**row, **fields})])[0]


def test_each_change_shows_user_old_and_new_values(erins, alices, there, volume):
    erins.post(f"{there}/grow", {"size": "200 MB"})
    page = plain(alices.get(f"{there}/history").text)
    assert "erin grew it" in page
    assert "from 100 MB → to 200 MB" in page
    assert "alice made it" in page
    assert page.index("erin grew it") < page.index("alice made it")


def test_tokens_are_shown_by_name(api, alice, alices, there, volume, environment):
    api(alice, name="deploy").put(f"/{environment.pk}/volume/{volume.ref}", {"description": "New"})
    page = alices.get(f"{there}/history").text
    assert "by token <code>deploy</code>" in page
    assert "description from none → to New" in plain(page)


def test_entries_of_attachments_and_snapshots_name_their_object(alices, there, web):
    alices.post(f"{there}/attach", {"appIdRef": web.ref})
    alices.post(f"{there}/detach/{web.pk}")
    alices.post(f"{there}/take-snapshot", {"name": "before"})
    page = plain(alices.get(f"{there}/history").text)
    for sentence in ("alice attached web", "alice detached web", "alice took the snapshot before"):
        assert sentence in page


def test_protecting_has_its_own_phrase(alices, there):
    alices.post(f"{there}/protect", {"protected": "true"})
    alices.post(f"{there}/protect", {"protected": "false"})
    page = plain(alices.get(f"{there}/history").text)
    assert "alice protected it" in page
    assert "alice took the protection off it" in page


def test_the_overview_shows_the_latest_and_links_to_all(alices, there):
    for size in range(101, 108):
        alices.post(f"{there}/grow", {"size": str(size)})
    page = alices.get(there).text
    assert page.count('<p class="activity-phrase">') == 5
    assert "All 8 changes" in page


def test_many_changes_are_paged(alices, there, volume):
    Revision.objects.bulk_create(
        Revision(subject="volume", subject_id=str(volume.pk), action="update", by="system")
        for _ in range(60)
    )
    assert alices.get(f"{there}/history").text.count('<p class="activity-phrase">') == 50
    assert alices.get(f"{there}/history?page=2").text.count('<p class="activity-phrase">') == 11


def test_names_are_looked_up_in_one_query(
    volume, alice, environment, django_assert_max_num_queries
):
    apps = [ApplicationFactory.create(environment=environment) for _ in range(5)]
    rows = [
        Revision(
            subject="volume",
            action="attach",
            by=alice.ref,
            changes={"attachedAppsRefs": [[], [app.ref]]},
        )
        for app in apps
    ]
    with django_assert_max_num_queries(2):
        found = entries(rows)
    assert [one.phrase.object for one in found] == [app.name for app in apps]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"action": "create"}, "made the volume"),
        ({"action": "adopt"}, "adopted the volume"),
        ({"action": "update", "changes": {"name": ["a", "b"]}}, "changed the volume"),
        ({"action": "update", "changes": {"size": [1, 2]}}, "grew the volume"),
        ({"action": "delete"}, "deleted the volume"),
        ({"action": "restore"}, "brought the volume back"),
        ({"action": "create", "subject": "member"}, "added the member"),
        ({"action": "delete", "subject": "member"}, "removed the member"),
        ({"action": "update", "subject": "password"}, "changed the password of"),
        ({"action": "create", "subject": "second_factor"}, "switched on the second factor of"),
        ({"action": "delete", "subject": "second_factor"}, "switched off the second factor of"),
        ({"action": "revoke", "subject": "token"}, "revoked the token"),
        ({"action": "update", "subject": "environment"}, "changed the environment"),
    ],
)
def test_every_action_has_a_phrase(db, fields, sentence):
    phrase = entry_of(**fields).phrase
    assert " ".join(filter(None, [phrase.verb, phrase.subject_type, phrase.suffix])) == sentence


@pytest.mark.parametrize(
    ("left", "sentence"),
    [([10, 9], "used a recovery code of"), ([1, 10], "made new recovery codes for")],
)
def test_using_and_creating_recovery_codes_have_different_phrases(db, left, sentence):
    entry = entry_of(subject="second_factor", action="update", changes={"recoveryCodes": left})
    assert entry.phrase.verb == sentence


def test_a_deleted_user_is_shown_by_number(db):
    assert entry_of(action="create", by="user-4711").who == "user-4711"
    assert entry_of(action="create").who == "Holdfast"


def test_values_are_formatted_for_readers(db):
    before_and_after = {
        "size": [1024, 2048],
        "labels": [{}, {"tier": "web"}],
        "protected": [False, True],
        "mountPath": ["/a", "/b"],
    }
    changes = entry_of(action="update", changes=before_and_after).changes
    assert [(one.field, one.before, one.after) for one in changes] == [
        ("size", "1 GB", "2 GB"),
        ("labels", "none", "tier: web"),
        ("protection", "no", "yes"),
        ("mount path", "/a", "/b"),
    ]
