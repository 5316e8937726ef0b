"""Data carries a mark. What is older than marks is accepted as it is and gets one at the next start."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q


def leave_missing_data_missing(apps: Any, schema_editor: Any) -> None:
    """An empty directory in place of data that is missing already is not the data."""
    volumes = apps.get_model("volumes", "Volume").objects
    volumes.filter(missing_since__isnull=False).update(is_accepted=False)


def flag(*, default: bool) -> models.BooleanField:
    return models.BooleanField(default=default, db_default=default, editable=False)


class Migration(migrations.Migration):
    dependencies = [("volumes", "0007_token_companies")]

    operations = [
        migrations.AddField("volume", "was_empty", flag(default=False)),
        # Rows that are there get true, without being written one by one; new ones get false.
        *(migrations.AddField(name, "is_accepted", flag(default=True)) for name in ("snapshot", "volume")),
        *(migrations.AlterField(name, "is_accepted", flag(default=False)) for name in ("snapshot", "volume")),
        *(
            migrations.AddIndex(
                name,
                models.Index(
                    condition=Q(is_accepted=True), fields=["id"], name=f"{name}_accepted"
                ),
            )
            for name in ("snapshot", "volume")
        ),
        migrations.RunPython(leave_missing_data_missing, migrations.RunPython.noop),
    ]
