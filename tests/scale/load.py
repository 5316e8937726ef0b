"""A hundred thousand volumes, a tenth of them with all that belongs to one, made by the database."""

from __future__ import annotations

import uuid

from django.db import connection
from django.utils import timezone

from accounts.models import User
from volumes.models import Environment

VOLUMES = 100_000

# Both databases take the same SQL, but for how a number becomes an identifier.
IDENTIFIER = {
    "postgresql": "CAST(lpad(to_hex(n), 32, '0') AS uuid)",
    "sqlite": "printf('%%032x', n)",
}
TEXT_OF_IDENTIFIER = {
    "postgresql": "CAST(id AS text)",
    "sqlite": (
        "substr(id, 1, 8) || '-' || substr(id, 9, 4) || '-' || substr(id, 13, 4) || '-'"
        " || substr(id, 17, 4) || '-' || substr(id, 21)"
    ),
}
JSON = {"postgresql": "CAST({} AS jsonb)", "sqlite": "{}"}

VOLUME = """
INSERT INTO volumes_volume (
    id, environment_id, name, size, mount_path, description, labels, protected, status, status_message,
    created_by, created_at, modified_by, modified_at, detached_at, deleted_at, version, is_deleted,
    attempts, due_at, provisioned_size, used_size, used_size_at, adopt_from, removal_started
)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
SELECT {identifier}, CASE WHEN n %% 2 = 0 THEN {mine} ELSE {others} END,
    CASE WHEN n %% 5000 = 0 THEN 'rare-' ELSE 'volume-' END || n, 1024 + n %% 977, '/data/' || n, '',
    {labels}, FALSE, CASE WHEN n %% 50 = 0 THEN 'deleted' WHEN n %% 996 = 2 THEN 'error' ELSE 'ready' END,
    '', 'system', {now}, 'system', {now}, {now}, CASE WHEN n %% 50 = 0 THEN {now} END, 1, n %% 50 = 0,
    0, CASE WHEN n %% 996 = 2 THEN {now} END, 1024, n %% 1100, {now}, '', n %% 50 = 0
FROM numbers
"""
LABELS = (
    """CASE WHEN n %% 5000 = 2 THEN '{"tier": "db", "rare": "yes"}' ELSE '{"tier": "db"}' END"""
)
OTHERS = {
    "volumes_application": """
        (id, environment_id, name, created_by, created_at, modified_by, modified_at, version, is_deleted)
        SELECT id, environment_id, 'app-' || name, 'system', {now}, 'system', {now}, 1, FALSE
        FROM volumes_volume WHERE size < 1124 AND NOT is_deleted""",
    "volumes_attachment": """
        (id, volume_id, application_id, mount_path, has_own_path, read_only, attached_at)
        SELECT id, id, id, mount_path, FALSE, FALSE, {now} FROM volumes_application
        JOIN volumes_volume USING (id)""",
    "volumes_snapshot": """
        (id, environment_id, volume_id, name, size, status, status_message, attempts, created_by,
         created_at, taken_at, consistency, is_deleted, due_at)
        SELECT id, environment_id, id, 'nightly', 1024, 'ready', '', 0, 'system', {now}, {now}, 'files',
            FALSE, NULL
        FROM volumes_volume WHERE size < 1124 AND NOT is_deleted""",
    "volumes_usagesample": """
        (volume_id, at, used_size, size) SELECT id, {now}, used_size, size FROM volumes_volume
        WHERE size < 1124""",
    "accounts_revision": """
        (id, company_id, environment_id, subject, subject_id, subject_name, version, action, "by", via,
         at, changes)
        SELECT id, {company}, environment_id, 'volume', {text}, name, 1, 'create', 'system', 'command',
        {now}, {nothing} FROM volumes_volume WHERE size < 1124""",
    "accounts_token": """
        (id, owner_id, name, digest, scope, created_at, last_used_at)
        SELECT id, {owner}, name, id, 'read', {now}, NULL FROM volumes_volume WHERE size < 1124""",
}

CHANGES = 20_000
LONG_HISTORY = """
INSERT INTO accounts_revision (id, company_id, environment_id, subject, subject_id, subject_name, version,
    action, "by", via, at, changes)
WITH RECURSIVE numbers(n) AS (
    SELECT 10000002 UNION ALL SELECT n + 1 FROM numbers WHERE n <= 10000000 + %s)
SELECT {identifier}, {company}, {mine}, 'volume',
    (SELECT {text} FROM volumes_volume WHERE name = '{changed}'), '{changed}', n - 10000000,
    'update', 'system', 'command', {now}, {nothing} FROM numbers
"""
CHANGED = "volume-50802"
"""The volume that was changed so often."""


def load(mine: Environment, others: Environment, owner: User) -> None:
    """Half of the volumes in each of the environments, and the tokens of somebody else's robot.

    Of `mine` every 25th is deleted and a few have `rare` in their name, or the label `rare:yes`.
    """
    vendor = connection.vendor
    json = JSON[vendor]
    words = {
        "identifier": IDENTIFIER[vendor],
        "mine": _literal(mine.pk),
        "others": _literal(others.pk),
        "labels": json.format(LABELS),
        "nothing": json.format("'{}'"),
        "company": _literal(mine.company_id),
        "owner": owner.pk,
        "changed": CHANGED,
        "text": TEXT_OF_IDENTIFIER[vendor],
        "now": f"'{timezone.now():%Y-%m-%d %H:%M:%S.%f}'",
    }
    if vendor == "postgresql":
        words["now"] = f"CAST({words['now']} AS timestamptz)"
    with connection.cursor() as cursor:
        cursor.execute(VOLUME.format(**words), [VOLUMES])
        for table, rest in OTHERS.items():
            cursor.execute(f"INSERT INTO {table} {rest.format(**words)}".replace("%%", "%"))
        cursor.execute(LONG_HISTORY.format(**words), [CHANGES])
        if vendor == "postgresql":  # which does so by itself; SQLite never does
            cursor.execute("ANALYZE")


def _literal(pk: uuid.UUID) -> str:
    return f"CAST('{pk}' AS uuid)" if connection.vendor == "postgresql" else f"'{pk.hex}'"
