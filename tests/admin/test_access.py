"""Who may come in, and that every page of the admin answers."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from tests.factories import UserFactory, give_second_factor
from tests.support.people import log_in
from volumes.models import Environment, Snapshot, Volume

MODELS = ["environment", "application", "volume", "attachment", "snapshot"]
LISTS = [f"/admin/volumes/{model}/" for model in MODELS]
OTHERS = [f"/admin/accounts/{model}/" for model in ("company", "token", "revision", "user")]


@pytest.mark.parametrize("page", ["/admin/", *LISTS, *OTHERS])
def test_operator_can_open_every_list(
    desk: Client, attached: Volume, snapshot: Snapshot, page: str
) -> None:
    assert desk.get(page).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_operator_can_open_every_form(
    desk: Client, attached: Volume, snapshot: Snapshot, model: str
) -> None:
    assert desk.get(f"/admin/volumes/{model}/add/").status_code == 200


@pytest.mark.parametrize("page", LISTS)
def test_an_admin_of_a_company_is_refused(client: Client, alice: User, page: str) -> None:
    log_in(client, alice)
    assert client.get(page).status_code == 403


def test_staff_without_a_second_factor_is_refused(client: Client, volume: Volume) -> None:
    nina = UserFactory.create(username="nina", is_staff=True, is_superuser=True)
    log_in(client, nina)
    assert client.get(f"/admin/volumes/volume/{volume.pk}/change/").status_code == 403
    assert client.get(f"/admin/volumes/volume/do/delete/?pk={volume.pk}").status_code == 403


def test_staff_with_view_permissions_sees_no_actions(client: Client, volume: Volume) -> None:
    nina = UserFactory.create(username="nina", is_staff=True)
    nina.user_permissions.set(Permission.objects.filter(codename="view_volume"))
    give_second_factor(nina)
    log_in(client, nina)
    assert "do/protect" not in client.get(f"/admin/volumes/volume/{volume.pk}/change/").text
    chosen = {"_selected_action": [str(volume.pk)]}
    assert client.post("/admin/volumes/volume/do/delete/", chosen).status_code == 403
    assert client.post("/admin/volumes/volume/do/protect/", chosen).status_code == 403
    volume.refresh_from_db()
    assert volume.version == 1


@pytest.mark.parametrize("pk", ["x", "%00", "1", "vol-1"])
@pytest.mark.parametrize("model", MODELS)
def test_impossible_keys_cause_no_error(desk: Client, model: str, pk: str) -> None:
    for page in (f"{pk}/change/", f"{pk}/history/", f"{pk}/delete/", f"do/delete/?pk={pk}"):
        answer = desk.get(f"/admin/volumes/{model}/{page}", follow=True)
        assert answer.status_code in {200, 400, 404}


@pytest.mark.parametrize(
    "query",
    [
        "?environment=x",
        "?p=x",
        "?p=-1",
        "?p=999999999999",
        "?deleted=maybe",
        "?trouble=x",
        "?q=%FF",
    ],
)
def test_invalid_queries_cause_no_error(desk: Client, volume: Volume, query: str) -> None:
    assert desk.get(f"/admin/volumes/volume/{query}", follow=True).status_code == 200


def test_choices_show_what_distinguishes_equal_names(
    desk: Client, environment: Environment
) -> None:
    query = "?app_label=volumes&model_name=volume&field_name=environment&term=prod"
    found = desk.get(f"/admin/autocomplete/{query}").json()["results"]
    assert found == [{"id": str(environment.pk), "text": "Acme / production"}]


def test_deleted_rows_are_not_offered(desk: Client, environment: Environment) -> None:
    Environment.objects.update(is_deleted=True)
    query = "?app_label=volumes&model_name=volume&field_name=environment&term="
    assert desk.get(f"/admin/autocomplete/{query}").json()["results"] == []
