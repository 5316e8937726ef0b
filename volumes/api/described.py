"""Attaches each description to its method. Only the document imports this.

As decorators in the views, the descriptions would be loaded by every worker.
"""

from __future__ import annotations

from volumes.api import docs
from volumes.api.applications import ApplicationView
from volumes.api.attachments import AttachmentView
from volumes.api.environments import EnvironmentCollectionView, EnvironmentView
from volumes.api.snapshots import SnapshotView
from volumes.api.volumes import VolumeView

docs.list_volumes(VolumeView.list)
docs.create_volume(VolumeView.create)
docs.get_volume(VolumeView.retrieve)
docs.update_volume(VolumeView.update)
docs.delete_volume(VolumeView.destroy)
docs.validate_volume(VolumeView.validate)
docs.restore_volume(VolumeView.restore)
docs.volume_history(VolumeView.history)
docs.volume_usage(VolumeView.usage)

docs.list_attachments(AttachmentView.list)
docs.attach(AttachmentView.create)
docs.detach(AttachmentView.destroy)

docs.list_snapshots(SnapshotView.list)
docs.take_snapshot(SnapshotView.create)
docs.get_snapshot(SnapshotView.retrieve)
docs.delete_snapshot(SnapshotView.destroy)

docs.list_applications(ApplicationView.list)
docs.create_application(ApplicationView.create)
docs.get_application(ApplicationView.retrieve)
docs.update_application(ApplicationView.update)
docs.delete_application(ApplicationView.destroy)

docs.list_environments(EnvironmentCollectionView.list)
docs.create_environment(EnvironmentCollectionView.create)
docs.get_environment(EnvironmentView.retrieve)
docs.update_environment(EnvironmentView.update)
docs.delete_environment(EnvironmentView.destroy)
docs.resource_usage(EnvironmentView.resource_usage)
