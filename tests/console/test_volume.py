"""The page of a volume: facts, status, usage, and how to mount it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import ApplicationFactory, EnvironmentFactory
from volumes.models import Attachment, UsageSample, Volume
from volumes.reconciler.steps import reconcile_row

MOST_BYTES = 60_000


def measured(volume: Volume, *, days: int, last: int) -> None:
    """A sample a day, growing to `last` MB now."""
    now = timezone.now()
    for day in range(days, -1, -1):
        used = last * (2 * days - day) // (2 * days)
        at = now - timedelta(days=day)
        UsageSample.objects.create(volume=volume, at=at, used_size=used, size=volume.size)
    Volume.objects.filter(pk=volume.pk).update(used_size=last, used_size_at=now)


def test_the_page_shows_the_facts_of_the_volume(alices, make, here, web, alice):
    volume = make(
        "orders",
        size=2048,
        mountPath="/srv/orders",
        description="What people bought.",
        labels={"tier": "database"},
        attachedAppsRefs=[web.ref],
        protected=True,
    )
    page = alices.get(f"{here}/v/{volume.pk}").text
    for fact in (
        "<h1>orders</h1>",
        "Ready",
        "What people bought.",
        "tier: database",
        "/srv/orders",
        ">web</span>",
        "yes, cannot be deleted",
        volume.ref,
    ):
        assert fact in page


def test_a_volume_without_a_measurement_shows_when_the_next_one_is(alices, there):
    page = alices.get(there).text
    assert "not measured yet" in page
    assert "Holdfast measures every hour." in page
    assert 'class="chart"' not in page


def test_a_volume_that_cannot_be_measured_says_so_on_its_page_and_in_the_list(
    alices, there, volume, here
):
    Volume.objects.filter(pk=volume.pk).update(
        unmeasured_since=timezone.now(),
        unmeasured_reason="Permission denied (at 'base').",
        unmeasured_detail="Permission denied (at '/srv/base').",
    )
    for page in (there, here):
        text = alices.get(page).text
        assert "ould not be measured since" in text
        assert "Permission denied (at &#x27;base&#x27;)." in text
        assert "/srv" not in text


def test_the_page_says_whom_to_ask_when_measuring_is_off(alices, there, settings):
    settings.MEASURE_EVERY = 0
    assert "Nothing measures by itself here; ask an operator." in alices.get(there).text


def test_the_chart_shows_past_and_projected_usage(alices, there, volume):
    measured(volume, days=10, last=81)
    page = alices.get(there).text
    assert re.search(r'<svg class="chart"[^>]* role="img" aria-label="Used over time', page)
    assert "81 % full" in page
    assert re.search(r"Full (today|tomorrow|on \w+|around \d+ \w+)", page)
    assert page.count('<th scope="row"><time') == 11


def test_a_full_volume_has_no_projection(alices, there, volume):
    measured(volume, days=10, last=100)
    page = alices.get(there).text
    assert "100 % full" in page
    assert not re.search(r"Full (today|tomorrow|on|around)", page)


def test_the_page_shows_how_to_mount_the_volume(alices, there, volume):
    page = alices.get(there).text
    source = f"memory:{volume.pk}"
    assert f"--mount type=bind,source={source},target=/data/uploads" in page
    assert page.count("data-copy") == 4
    assert page.count('type="radio"') == 4


@pytest.fixture(params=[{"provisioned_size": None}, {"missing_since": timezone.now()}])
def without_data(request, volume):
    """The volume is not created yet, or its data is missing."""
    Volume.objects.filter(pk=volume.pk).update(status="error", **request.param)
    volume.refresh_from_db()
    return volume


def test_actions_that_need_data_are_not_offered_without_it(alices, there, without_data):
    page = alices.get(there).text
    assert f"{without_data.why_no_data}. How to mount it is shown here once" in page
    assert f"memory:{without_data.pk}" not in page + alices.get(f"{there}/applications").text
    assert "/grow" not in page
    assert "/take-snapshot" not in page
    # When the data is there, they appear by themselves.
    assert "#mount-it" in page
    assert "#grow-button:innerHTML" in page


def test_the_grow_page_says_that_there_is_no_data(alices, there, without_data):
    for page in (alices.get(f"{there}/grow"), alices.post(f"{there}/grow", {"size": "200"})):
        assert page.status_code == 200
        assert without_data.why_no_data in page.text
        assert 'name="size"' not in page.text
    without_data.refresh_from_db()
    assert (without_data.size, without_data.version) == (100, 1)


def test_the_snippets_use_the_path_of_the_only_application(alices, there, volume, web):
    Attachment.objects.create(
        volume=volume, application=web, mount_path="/mnt/own", has_own_path=True, read_only=True
    )
    assert "target=/mnt/own,readonly" in alices.get(there).text


def test_an_error_shows_its_reason_and_a_retry_button(alices, make, memory, here):
    memory.fail("create")
    volume = make("broken")
    page = alices.get(f"{here}/v/{volume.pk}").text
    assert "Something is wrong with it" in page
    assert "The disk is full." in page
    assert f'action="{here}/v/{volume.pk}/retry"' in page
    assert 'hx-trigger="every 10s"' in page


def test_missing_data_is_shown_first(alices, there, volume, memory):
    Volume.objects.filter(pk=volume.pk).update(
        status="error", missing_since=timezone.now(), status_message="Its data is missing since …"
    )
    page = alices.get(there).text
    assert page.index("Its data is missing") < page.index('id="volume-tabs"')


def test_the_page_polls_while_a_change_is_in_progress(alices, there, volume):
    Volume.objects.filter(pk=volume.pk).update(status="resizing", size=200)
    page = alices.get(there).text
    assert "Growing to 200 MB" in page
    assert 'hx-trigger="every 3s"' in page


def test_the_page_of_a_settled_volume_does_not_poll(alices, there):
    assert "hx-trigger" not in alices.get(there).text


def test_a_deleted_volume_can_be_viewed_and_restored(alices, there, volume, settings):
    settings.VOLUME_DELETE_GRACE = 3600
    alices.post(f"{there}/delete", {"name": "uploads"})
    page = alices.get(there).text
    assert "It was deleted" in page
    assert "Its data is kept until" in page
    assert f'action="{there}/undelete"' in page
    assert "/grow" not in page
    assert "Mount it" not in page
    assert alices.get(f"{there}/history").status_code == 200


def test_a_removed_volume_offers_no_restore(alices, there, volume):
    alices.post(f"{there}/delete", {"name": "uploads"})
    page = alices.get(there).text
    assert "Its data is gone." in page
    assert "/undelete" not in page


@pytest.mark.parametrize("tab", ["snapshots", "applications"])
def test_other_tabs_of_a_deleted_volume_redirect_to_its_overview(alices, there, volume, tab):
    alices.post(f"{there}/delete", {"name": "uploads"})
    response = alices.get(f"{there}/{tab}")
    assert (response.status_code, response["Location"]) == (302, there)


def test_editor_sees_the_buttons(erins, there):
    page = erins.get(there).text
    for verb in ("take-snapshot", "edit", "grow", "attach", "protect", "delete"):
        assert f'"{there}/{verb}"' in page


def test_viewer_sees_no_buttons(bobs, there, volume):
    Volume.objects.filter(pk=volume.pk).update(status="error", status_message="The disk is full.")
    page = bobs.get(there).text
    for verb in ("take-snapshot", "edit", "grow", "attach", "protect", "delete", "retry"):
        assert f'"{there}/{verb}"' not in page
    assert "The disk is full." in page


def test_a_protected_volume_offers_to_unprotect_it(alices, make, here):
    volume = make("kept", protected=True)
    page = alices.get(f"{here}/v/{volume.pk}").text
    assert "Take the protection off" in page
    assert 'name="protected" value="false"' in page


@pytest.mark.parametrize("tab", ["", "/snapshots", "/applications", "/history"])
def test_other_companies_get_404(charlies, there, tab):
    assert charlies.get(f"{there}{tab}").status_code == 404


def test_an_object_is_found_in_its_own_environment_only(alices, volume, company):
    other = EnvironmentFactory.create(company=company)
    assert alices.get(f"/env/{other.pk}/v/{volume.pk}").status_code == 404


def test_an_anonymous_visitor_is_redirected_to_login(client, there):
    assert client.get(there)["Location"] == f"/login?next={there}"


@pytest.mark.usefixtures("remembered_storage_state")
@pytest.mark.parametrize("tab", ["", "/snapshots", "/applications", "/history"])
def test_a_page_takes_few_queries_and_few_bytes(
    alices, there, volume, environment, snapshot, django_assert_max_num_queries, tab
):
    measured(volume, days=300, last=81)
    for number in range(20):
        application = ApplicationFactory.create(environment=environment)
        path = f"/mnt/{number}"
        Attachment.objects.create(volume=volume, application=application, mount_path=path)
    with django_assert_max_num_queries(12):
        response = alices.get(f"{there}{tab}")
    assert len(response.content) < MOST_BYTES


def test_a_new_volume_is_settled_before_the_next_poll(alices, make, memory, here):
    memory.fail("create")
    volume = make("late")
    memory.heal()
    reconcile_row(Volume.objects.eligible(), volume.pk)
    page = alices.get(f"{here}/v/{volume.pk}").text
    assert "Ready" in page
    assert "hx-trigger" not in page
