"""A snapshot is of a moment: when it was taken, and until when it may be."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Now

MISSED = "It could not be taken: the attempts before an upgrade failed; take another."


def tell_times(apps: Any, schema_editor: Any) -> None:
    """Each statement is one pass over the snapshots, of which a volume has few."""
    snapshots = apps.get_model("volumes", "Snapshot").objects
    # When the copying began was not written down; it was mostly begun by the request.
    snapshots.filter(is_made=True).update(taken_at=F("created_at"))
    waiting = snapshots.filter(is_made=False)
    # One that failed has a reason. Tried again, it would be of another moment than it was meant to be.
    failed = ~Q(status_message="")
    wait = timedelta(seconds=settings.SNAPSHOT_WAIT)
    waiting.exclude(failed).update(take_until=F("created_at") + wait)
    waiting.filter(failed).update(status_message=MISSED)
    waiting.filter(failed, is_deleted=False).update(status="error", due_at=Now(), attempts=0)
    if schema_editor.connection.vendor == "postgresql":
        # It alters no table while checks of foreign keys wait for the end of the transaction.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED")


class Migration(migrations.Migration):
    dependencies = [("volumes", "0010_unreadable_data")]

    operations = [
        migrations.AddField(
            "snapshot",
            "consistency",
            models.CharField(
                choices=[("instant", "Instant"), ("files", "Files")],
                db_default="files",
                default="files",
                editable=False,
                max_length=7,
            ),
        ),
        *(
            migrations.AddField("snapshot", name, models.DateTimeField(editable=False, null=True))
            for name in ("taken_at", "copying_since", "take_until")
        ),
        migrations.AddField(
            "snapshot", "copying_size", models.BigIntegerField(editable=False, null=True)
        ),
        migrations.RunPython(tell_times, migrations.RunPython.noop),
        migrations.RemoveField("snapshot", "is_made"),
        migrations.AlterField(
            "snapshot",
            "size",
            models.BigIntegerField(help_text="MB (MiB) of the volume at `taken_at`"),
        ),
        migrations.AddConstraint(
            "snapshot",
            models.CheckConstraint(
                condition=~Q(status="ready") | Q(taken_at__isnull=False),
                name="snapshot_ready_when_taken",
            ),
        ),
    ]
