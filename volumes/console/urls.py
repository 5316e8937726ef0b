"""The URLs of the console, one line for each page."""

from django.urls import URLPattern, URLResolver, include, path

from volumes.console.views import (
    activity,
    applications,
    attachments,
    create_volume,
    delete_volume,
    edit_volume,
    environments,
    overview,
    snapshots,
    volumes,
)

volume = [
    path("", volumes.overview, name="volume"),
    path("/snapshots", volumes.snapshots, name="volume_snapshots"),
    path("/applications", volumes.applications, name="volume_applications"),
    path("/history", volumes.history, name="volume_history"),
    path("/edit", edit_volume.edit, name="edit_volume"),
    path("/grow", edit_volume.grow, name="grow_volume"),
    path("/protect", edit_volume.protect, name="protect_volume"),
    path("/retry", edit_volume.retry, name="retry_volume"),
    path("/attach", attachments.attach, name="attach"),
    path("/detach/<uuid:app_id>", attachments.detach, name="detach"),
    path("/delete", delete_volume.delete, name="delete_volume"),
    path("/undelete", delete_volume.undelete, name="undelete_volume"),
    path("/take-snapshot", snapshots.take, name="take_snapshot"),
    path("/snapshots/<uuid:snapshot_id>/delete", snapshots.delete, name="delete_snapshot"),
]

environment: list[URLPattern | URLResolver] = [
    path("", environments.volumes, name="environment"),
    path("/selected", delete_volume.selected, name="selected_volumes"),
    path("/applications", environments.applications, name="environment_applications"),
    path("/activity", environments.activity, name="environment_activity"),
    path("/settings", environments.settings, name="environment_settings"),
    path("/delete", environments.delete, name="delete_environment"),
    path("/new", create_volume.new, name="new_volume"),
    path("/new-application", applications.new, name="new_application"),
    path("/application/<uuid:app_id>/rename", applications.rename, name="rename_application"),
    path("/application/<uuid:app_id>/delete", applications.delete, name="delete_application"),
    path("/v/<uuid:volume_id>", include(volume)),
]

urlpatterns = [
    path("", overview.overview, name="home"),
    path("new-environment", environments.new, name="new_environment"),
    path("activity", activity.activity, name="activity"),
    path("activity.csv", activity.export, name="activity_csv"),
    path("env/<uuid:env_id>", include(environment)),
]
