"""Snapshots know their environment: the reconciler takes turns by it."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill(apps, schema_editor):
    volume = apps.get_model("volumes", "Volume").objects.filter(pk=OuterRef("volume"))
    apps.get_model("volumes", "Snapshot").objects.update(
        environment=Subquery(volume.values("environment"))
    )


class Migration(migrations.Migration):
    # What was filled is committed before the column is changed: PostgreSQL wants it so.
    atomic = False

    dependencies = [("volumes", "0001_initial")]

    operations = [
        migrations.AddField(
            "snapshot",
            "environment",
            models.ForeignKey(
                "volumes.environment",
                null=True,
                db_index=False,
                on_delete=models.PROTECT,
                related_name="+",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, atomic=True),
        migrations.AlterField(
            "snapshot",
            "environment",
            models.ForeignKey(
                "volumes.environment", db_index=False, on_delete=models.PROTECT, related_name="+"
            ),
        ),
        migrations.RemoveIndex("snapshot", "snapshot_due"),
        migrations.AddIndex(
            "snapshot",
            models.Index(
                fields=["environment", "due_at"],
                condition=models.Q(due_at__isnull=False),
                name="snapshot_due",
            ),
        ),
        migrations.RemoveIndex("volume", "volume_due"),
        migrations.AddIndex(
            "volume",
            models.Index(
                fields=["environment", "due_at"],
                condition=models.Q(due_at__isnull=False),
                name="volume_due",
            ),
        ),
    ]
