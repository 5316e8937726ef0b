"""Two texts for each failure: one for tenants, and one for operators with path and cure."""

from typing import Any

from django.db import migrations, models
from django.db.models import F

FOR_TENANTS = "It could not be done. It is tried again by itself; if this lasts, ask the operator."


def move_old_texts(apps: Any, schema_editor: Any) -> None:
    """Reasons from before may hold host paths and commands: only operators read them from now on."""
    volumes = apps.get_model("volumes", "Volume").objects.filter(missing_since__isnull=True)
    for rows in (volumes, apps.get_model("volumes", "Snapshot").objects.all()):
        failed = rows.filter(status="error").exclude(status_message="")
        failed.update(status_detail=F("status_message"), status_message=FOR_TENANTS)


class Migration(migrations.Migration):
    dependencies = [("volumes", "0005_indexes_of_lists")]

    operations = [
        *(
            migrations.AddField(
                model_name=name,
                name="status_detail",
                field=models.CharField(
                    max_length=2000, blank=True, default="", db_default="", editable=False
                ),
            )
            for name in ("snapshot", "volume")
        ),
        migrations.RunPython(move_old_texts, migrations.RunPython.noop),
    ]
