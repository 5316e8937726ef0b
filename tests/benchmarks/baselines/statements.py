"""The baseline without rules, in SQL: one table of volumes, one of tokens."""

from tests.benchmarks.rows import COLUMNS

TABLES = (
    "CREATE TABLE token (key text PRIMARY KEY, username text NOT NULL)",
    """CREATE TABLE volume (
    id uuid PRIMARY KEY,
    environment_id uuid NOT NULL,
    name varchar(63) NOT NULL,
    size bigint NOT NULL,
    mount_path varchar(1024) NOT NULL,
    description varchar(500) NOT NULL,
    labels jsonb NOT NULL,
    protected boolean NOT NULL,
    status varchar(8) NOT NULL,
    status_message varchar(500) NOT NULL,
    provisioned_size bigint,
    used_size bigint,
    used_size_at timestamptz,
    is_deleted boolean NOT NULL,
    created_by varchar(30) NOT NULL,
    modified_by varchar(30) NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    modified_at timestamptz NOT NULL,
    UNIQUE (environment_id, name)
    )""",
    "CREATE INDEX volume_list ON volume (environment_id, id)",
)

_ALL = ", ".join(COLUMNS)

TOKEN = "SELECT username FROM token WHERE key = %(key)s"
GET = f"SELECT {_ALL} FROM volume WHERE environment_id = %(environment)s AND id = %(id)s"
LIST = f"""SELECT {_ALL} FROM volume WHERE environment_id = %(environment)s AND id > %(after)s
    ORDER BY id LIMIT %(limit)s"""
CREATE = f"""INSERT INTO volume ({_ALL}) VALUES (gen_random_uuid(), %(environment)s, %(name)s, %(size)s,
    %(mount_path)s, %(description)s, %(labels)s, false, 'pending', '', NULL, NULL, NULL, false,
    %(by)s, %(by)s, 1, now(), now()) RETURNING {_ALL}"""
UPDATE = f"""UPDATE volume SET description = %(description)s, version = version + 1,
    modified_by = %(by)s, modified_at = now()
    WHERE environment_id = %(environment)s AND id = %(id)s RETURNING {_ALL}"""
DELETE = "DELETE FROM volume WHERE environment_id = %(environment)s AND id = %(id)s RETURNING id"
