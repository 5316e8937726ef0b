"""The API as a table, readable against the contract. One line for each path."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path, re_path

from config.paths import API_PATH
from volumes.api.views.applications import ApplicationView
from volumes.api.views.attachments import AttachmentView
from volumes.api.views.base import UnroutedView
from volumes.api.views.environments import EnvironmentCollectionView, EnvironmentView
from volumes.api.views.snapshots import SnapshotView
from volumes.api.views.volumes import VolumeView

Actions = dict[str, Any]

COLLECTION: Actions = {"get": "list", "post": "create"}
ITEM: Actions = {"get": "retrieve", "put": "update", "delete": "destroy"}
read_or_remove: Actions = {"get": "retrieve", "delete": "destroy"}

# Segments accept any text. The view refuses a malformed identifier as JSON, in the usual order.
environment_paths = [
    path("<str:envId>/volume", VolumeView.as_view(COLLECTION)),
    path("<str:envId>/volume/validate", VolumeView.as_view({"post": "validate"})),
    path("<str:envId>/volume/<str:id>", VolumeView.as_view(ITEM)),
    path("<str:envId>/volume/<str:id>/history", VolumeView.as_view({"get": "history"})),
    path("<str:envId>/volume/<str:id>/restore", VolumeView.as_view({"post": "restore"})),
    path("<str:envId>/volume/<str:id>/usage", VolumeView.as_view({"get": "usage"})),
    path("<str:envId>/volume/<str:id>/attachment", AttachmentView.as_view(COLLECTION)),
    path(
        "<str:envId>/volume/<str:id>/attachment/<str:appId>",
        AttachmentView.as_view({"delete": "destroy"}),
    ),
    path("<str:envId>/volume/<str:id>/snapshot", SnapshotView.as_view(COLLECTION)),
    path(
        "<str:envId>/volume/<str:id>/snapshot/<str:snapId>",
        SnapshotView.as_view(read_or_remove),
    ),
    path("<str:envId>/app", ApplicationView.as_view(COLLECTION)),
    path("<str:envId>/app/<str:id>", ApplicationView.as_view(ITEM)),
]

environments = [
    path("environments", EnvironmentCollectionView.as_view(COLLECTION)),
    path("environments/<str:id>", EnvironmentView.as_view(ITEM)),
    path(
        "environments/<str:id>/resource-usage",
        EnvironmentView.as_view({"get": "resource_usage"}),
    ),
]

all_paths: list[URLPattern | URLResolver] = [
    path("environments/", include(environment_paths)),
    *environments,
    *environment_paths,
]

urlpatterns = [
    path("api/v1/", include(all_paths)),
    *all_paths,
    # Whatever else speaks JSON.
    re_path(f"^{API_PATH}", UnroutedView.as_view()),
]
