"""What finds a part of a name, and a label, among a million volumes. PostgreSQL only.

They are not in the model: SQLite has no such indexes, and some PostgreSQLs have no pg_trgm.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

# New entries wait in a list that each search reads and some create has to clear: a short one, in KB.
NAME = GinIndex(
    fields=["name"],
    opclasses=["gin_trgm_ops"],
    gin_pending_list_limit=512,
    name="volume_part_of_name",
)
LABEL = GinIndex(
    fields=["labels"],
    opclasses=["jsonb_path_ops"],
    gin_pending_list_limit=512,
    name="volume_label",
)

# Whoever may make things in a database may make this extension there: it is a trusted one.
HAS_TRIGRAMS = """
    SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'
    AND (installed_version IS NOT NULL OR has_database_privilege(current_database(), 'CREATE'))
"""


def add(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    volume = apps.get_model("volumes", "Volume")
    schema_editor.add_index(volume, LABEL)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(HAS_TRIGRAMS)
        if cursor.fetchone():
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            schema_editor.add_index(volume, NAME)


def remove(apps, schema_editor):
    """The extension stays: others may use it by now."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX volume_label")
        schema_editor.execute("DROP INDEX IF EXISTS volume_part_of_name")


class Migration(migrations.Migration):
    dependencies = [("volumes", "0003_indexes_for_a_million")]

    operations = [migrations.RunPython(add, remove)]
