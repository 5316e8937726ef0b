"""/env/<id>/new"""

import re

import pytest

from tests.factories import ApplicationFactory
from tests.support.words import said, text, value
from volumes.models import Environment, Volume
from volumes.presentation.form_values import labels_of, size_text, storage_of

OFFERED = re.compile(r'name="applications" value="([^"]+)"')
WISH = {"name": "postgres-data", "size": "10GB"}


@pytest.fixture
def page(here, memory):
    return f"{here}/new"


def test_creating_a_volume_redirects_to_its_page(alices, here, page):
    response = alices.post(page, WISH)
    volume = Volume.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"{here}/v/{volume.pk}"
    assert (volume.size, volume.mount_path, volume.status) == (
        10240,
        "/data/postgres-data",
        "ready",
    )
    assert "Created postgres-data, 10 GB." in text(alices.get(here))


def test_every_field_is_stored(alices, page, web):
    spec = {
        "mountPath": "/var/lib/data/",
        "description": "One\r\ntwo",
        "labels": "tier=database\r\n\r\nbackup: nightly",
        "protected": "true",
        "applications": [web.ref],
    }
    alices.post(page, WISH | spec)
    volume = Volume.objects.get()
    assert volume.mount_path == "/var/lib/data"
    assert volume.description == "One\ntwo"
    assert volume.labels == {"tier": "database", "backup": "nightly"}
    assert volume.protected
    assert volume.attachments.get().application == web


def test_the_form_lists_the_first_applications_and_the_selected_ones(
    alices, page, environment, monkeypatch
):
    monkeypatch.setattr("config.limits.MAX_APPLICATION_CHOICES", 2)
    a, b, _, d = [
        ApplicationFactory.create(environment=environment, name=name)
        for name in ("a", "b", "c", "d")
    ]
    assert OFFERED.findall(alices.get(page).text) == [a.ref, b.ref]
    answer = alices.post(page, {"name": "", "applications": [d.ref, "app-nobody"]})
    assert OFFERED.findall(answer.text) == [d.ref, a.ref]


def test_editor_can_create(erins, page):
    assert erins.post(page, WISH).status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_viewer_is_refused(bobs, page, method):
    assert getattr(bobs, method)(page, WISH).status_code == 403
    assert not Volume.objects.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_other_companies_get_404(charlies, page, method):
    assert getattr(charlies, method)(page, WISH).status_code == 404
    assert not Volume.objects.exists()


def test_the_empty_form_shows_no_errors(alices, page):
    response = alices.get(page)
    assert "Is required" not in text(response)
    assert "disabled" not in response.content.decode()


def test_errors_are_shown_at_their_fields_and_the_input_is_kept(alices, page, volume):
    spec = {
        "name": "uploads",
        "size": "ten",
        "mountPath": "/proc/x",
        "description": "x" * 501,
        "labels": "a b=c\ntier=*",
        "applications": ["app-nobody"],
        "restoreFrom": "snap-none",
    }
    response = alices.post(page, spec)
    assert said(response, "name").startswith("uploads is taken in this environment.")
    assert said(response, "size").startswith("Must be a whole number with MB")
    assert said(response, "mountPath") == "Must not be at or under /proc."
    assert said(response, "description") == "Must be at most 500 characters."
    assert "a b is no Kubernetes label key." in said(response, "labels")
    assert "tier must be a Kubernetes label value." in said(response, "labels")
    assert said(response, "applications") == "Must be an identifier of the form app-<uuid>."
    assert said(response, "restoreFrom") == "Must be an identifier of the form snap-<uuid>."
    assert "8 things to mend" in text(response)
    assert value(response, "size") == "ten"
    assert Volume.objects.count() == 1


def test_missing_fields_are_reported_on_submission(alices, page):
    response = alices.post(page, {})
    assert said(response, "name") == said(response, "size") == "Is required."


def test_the_live_check_creates_nothing_and_reports_no_missing_fields(alices, page):
    response = alices.post(page, {"name": "Postgres", "size": "", "check": "yes"})
    assert response.status_code == 200
    assert said(response, "name").startswith("Must be a DNS label")
    assert "Is required" not in said(response, "size")
    assert not Volume.objects.exists()


def test_a_free_name_is_suggested_for_a_taken_one(alices, page, make):
    make("uploads")
    make("uploads-2")
    response = alices.post(page, {"name": "uploads", "size": "1GB"})
    assert "Free and close: Use uploads-3" in said(response, "name")
    mended = alices.post(page, {"name": "uploads", "size": "1GB", "use": "name=uploads-3"})
    assert value(mended, "name") == "uploads-3"
    assert value(mended, "size") == "1GB"
    assert Volume.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "close"), [("Über uns!", "uber-uns"), ("a_b", "a-b"), ("-x-", "x")]
)
def test_a_valid_name_is_suggested_for_an_invalid_one(alices, page, typed, close):
    response = alices.post(page, {"name": typed, "check": "yes"})
    assert said(response, "name").endswith(f"Close to it: Use {close}")


def test_warnings_are_shown_and_do_not_block(alices, page):
    typed = {"name": "uploads", "size": "1GB", "mountPath": "/etc/app"}
    looked = alices.post(page, typed | {"check": "yes"})
    assert said(looked, "mountPath") == (
        "Hides what an image keeps in /etc. Usual: Use /data/uploads"
    )
    assert alices.post(page, typed).status_code == 302
    assert Volume.objects.get().mount_path == "/etc/app"


def test_warnings_are_shown_after_the_creation(alices, here, page):
    alices.post(page, {"name": "data", "size": "1GB", "mountPath": "/etc/app"})
    words = text(alices.get(here))
    assert "Its name says little" in words
    assert "Its mount path hides what an image keeps in /etc." in words


def test_the_form_shows_the_quota_after_the_creation(alices, page, environment, volume):
    Environment.objects.filter(pk=environment.pk).update(storage_quota=102400)
    response = alices.post(page, {"name": "logs", "size": "10 gb", "check": "yes"})
    assert said(response, "size").startswith("10,240 MB. Leaves 89.9 GB of the quota.")
    assert "10.1 GB after" in text(response)
    assert 'class="requested"' in response.content.decode()


def test_the_largest_possible_size_is_suggested(alices, page, environment, volume):
    Environment.objects.filter(pk=environment.pk).update(storage_quota=10240)
    response = alices.post(page, {"name": "logs", "size": "20GB"})
    assert "only 10140 MB are left" in said(response, "size")
    assert said(response, "size").endswith("What fits: Use 9GB")


def test_the_curl_command_has_the_input(alices, page):
    typed = {"name": "logs", "size": "1.5GB", "description": "it's mine", "check": "yes"}
    words = text(alices.post(page, typed))
    assert '"size": 1536' in words
    assert """"description": "it'"'"'s mine\"""" in words


def test_a_snapshot_suggests_size_and_name_and_fills_the_volume(alices, page, snapshot):
    address = f"{page}?restoreFrom={snapshot.ref}"
    response = alices.get(address)
    assert value(response, "size") == "100MB"
    assert value(response, "name") == "uploads-2"
    assert "filled from before-upgrade of uploads" in text(response)
    spec = {"name": "copy", "size": "100", "restoreFrom": snapshot.ref}
    assert alices.post(address, spec).status_code == 302
    assert Volume.objects.get(name="copy").restore_from == snapshot


def test_a_size_below_that_of_the_snapshot_gets_a_suggestion(alices, page, snapshot):
    spec = {"name": "copy", "size": "99", "restoreFrom": snapshot.ref}
    assert said(alices.post(page, spec), "size") == (
        "Must be at least 100 MB, as the snapshot is. Close to it: Use 100MB"
    )


def test_a_foreign_snapshot_gets_the_same_error_as_an_unknown_one(
    alices, page, snapshot, charlies_environment
):
    Volume.objects.update(environment=charlies_environment)
    spec = {"name": "copy", "size": "1GB", "restoreFrom": snapshot.ref}
    response = alices.post(page, spec)
    assert said(response, "restoreFrom") == "Names no snapshot of this company."
    assert "before-upgrade" not in text(response)


def test_hostile_input_is_refused_like_any_other(alices, page):
    spec = {"name": "a\0b", "size": "9" * 5000, "labels": "=\n:\n\0", "use": "protected=x"}
    assert alices.post(page, spec | {"applications": ["\0"]}).status_code == 200
    del spec["use"]
    assert alices.post(page, spec).status_code == 200


@pytest.mark.usefixtures("remembered_storage_state")
def test_the_live_check_takes_few_queries(
    alices, page, make, web, snapshot, django_assert_max_num_queries
):
    spec = {"name": "uploads", "size": "1", "restoreFrom": snapshot.ref, "applications": [web.ref]}
    with django_assert_max_num_queries(12):
        alices.post(page, spec | {"check": "yes"})


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("10GB", "10GB"),
        ("10 gb", "10GB"),
        ("10GiB", "10GB"),
        ("10 Gi", "10GB"),
        ("2t", "2TB"),
        ("512", "512MB"),
        ("1.5 TB", "1572864MB"),
        ("0.5GB", "512MB"),
        ("1.0001GB", "1.0001GB"),
        ("1,5GB", "1,5GB"),
        ("-1", "-1"),
        ("ten", "ten"),
    ],
)
def test_the_curl_command_has_the_size_in_the_form_of_the_api(typed, sent):
    assert storage_of(typed) == sent


@pytest.mark.parametrize(
    ("mb", "words"), [(1, "1MB"), (1536, "1536MB"), (10240, "10GB"), (2 * 1024**2, "2TB")]
)
def test_a_size_is_shown_as_it_is_entered(mb, words):
    assert size_text(mb) == words


def test_a_duplicate_label_key_is_an_error():
    assert labels_of("a=1\na: 2\nb") == {"a": "1", "a: 2": "", "b": ""}
