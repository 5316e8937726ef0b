"""The API as a table, readable against the contract. One line for each path."""

from typing import Any

from django.urls import URLPattern, URLResolver, include, path, re_path

from volumes.api.applications import ApplicationView
from volumes.api.attachments import AttachmentView
from volumes.api.environments import EnvironmentCollectionView, EnvironmentView
from volumes.api.snapshots import SnapshotView
from volumes.api.views import UnroutedView
from volumes.api.volumes import VolumeView

Actions = dict[str, Any]

many: Actions = {"get": "list", "post": "create"}
one: Actions = {"get": "retrieve", "put": "update", "delete": "destroy"}
read_or_remove: Actions = {"get": "retrieve", "delete": "destroy"}

# The segments may be anything: what is no identifier is refused as JSON by the view, in its turn.
scoped = [
    path("<str:env_id>/volume", VolumeView.as_view(many)),
    path("<str:env_id>/volume/validate", VolumeView.as_view({"post": "validate"})),
    path("<str:env_id>/volume/<str:volume_id>", VolumeView.as_view(one)),
    path("<str:env_id>/volume/<str:volume_id>/history", VolumeView.as_view({"get": "history"})),
    path("<str:env_id>/volume/<str:volume_id>/restore", VolumeView.as_view({"post": "restore"})),
    path("<str:env_id>/volume/<str:volume_id>/usage", VolumeView.as_view({"get": "usage"})),
    path("<str:env_id>/volume/<str:volume_id>/attachment", AttachmentView.as_view(many)),
    path(
        "<str:env_id>/volume/<str:volume_id>/attachment/<str:app_id>",
        AttachmentView.as_view({"delete": "destroy"}),
    ),
    path("<str:env_id>/volume/<str:volume_id>/snapshot", SnapshotView.as_view(many)),
    path(
        "<str:env_id>/volume/<str:volume_id>/snapshot/<str:snapshot_id>",
        SnapshotView.as_view(read_or_remove),
    ),
    path("<str:env_id>/app", ApplicationView.as_view(many)),
    path("<str:env_id>/app/<str:app_id>", ApplicationView.as_view(one)),
]

environments = [
    path("environments", EnvironmentCollectionView.as_view(many)),
    path("environments/<str:env_id>", EnvironmentView.as_view(one)),
    path(
        "environments/<str:env_id>/resource-usage",
        EnvironmentView.as_view({"get": "resource_usage"}),
    ),
]

anywhere: list[URLPattern | URLResolver] = [
    path("environments/", include(scoped)),
    *environments,
    *scoped,
]

UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

urlpatterns = [
    path("api/v1/", include(anywhere)),
    *anywhere,
    # Whatever else speaks JSON.
    re_path(
        rf"^(?:environments|api/v1|[^/]+/(?:volume|app)|{UUID})(?:/|\Z)", UnroutedView.as_view()
    ),
]
