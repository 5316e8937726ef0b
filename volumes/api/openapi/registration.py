"""Attaches each description to its method. Only the document imports this.

As decorators in the views, the descriptions would be loaded by every worker.
"""

from __future__ import annotations

from volumes.api.openapi import operations
from volumes.api.views.applications import ApplicationView
from volumes.api.views.attachments import AttachmentView
from volumes.api.views.environments import EnvironmentCollectionView, EnvironmentView
from volumes.api.views.snapshots import SnapshotView
from volumes.api.views.volumes import VolumeView

operations.list_volumes(VolumeView.list)
operations.create_volume(VolumeView.create)
operations.get_volume(VolumeView.retrieve)
operations.update_volume(VolumeView.update)
operations.delete_volume(VolumeView.destroy)
operations.validate_volume(VolumeView.validate)
operations.restore_volume(VolumeView.restore)
operations.volume_history(VolumeView.history)
operations.volume_usage(VolumeView.usage)

operations.list_attachments(AttachmentView.list)
operations.attach(AttachmentView.create)
operations.detach(AttachmentView.destroy)

operations.list_snapshots(SnapshotView.list)
operations.take_snapshot(SnapshotView.create)
operations.get_snapshot(SnapshotView.retrieve)
operations.delete_snapshot(SnapshotView.destroy)

operations.list_applications(ApplicationView.list)
operations.create_application(ApplicationView.create)
operations.get_application(ApplicationView.retrieve)
operations.update_application(ApplicationView.update)
operations.delete_application(ApplicationView.destroy)

operations.list_environments(EnvironmentCollectionView.list)
operations.create_environment(EnvironmentCollectionView.create)
operations.get_environment(EnvironmentView.retrieve)
operations.update_environment(EnvironmentView.update)
operations.delete_environment(EnvironmentView.destroy)
operations.resource_usage(EnvironmentView.resource_usage)
