"""The database itself keeps rows of the audit log: none is removed or changed; erasure may blank what one tells.

A migration that rebuilds the table on SQLite must call `install` again: the triggers go with the old table.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "people_auditentry"
KEPT = ("id", "at", "actor_id", "actor_name", "via", "verb", "noun", "thing")
TOLD = "Rows of the audit log are never changed or removed."

_SQLITE = (
    f"CREATE TRIGGER audit_not_removed BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{TOLD}'); END",
    f"CREATE TRIGGER audit_not_changed BEFORE UPDATE ON {TABLE} WHEN NOT ("
    + " AND ".join(f"NEW.{column} IS OLD.{column}" for column in KEPT)
    + " AND (NEW.changes IS OLD.changes OR NEW.changes = '{}')"
    + " AND (NEW.thing_name IS OLD.thing_name OR NEW.thing_name = ''))"
    + f" BEGIN SELECT RAISE(ABORT, '{TOLD}'); END",
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF TG_OP = 'UPDATE' AND "
    + " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in KEPT)
    + " AND (NEW.changes IS NOT DISTINCT FROM OLD.changes OR NEW.changes = '{}'::jsonb)"
    + " AND (NEW.thing_name = OLD.thing_name OR NEW.thing_name = '') THEN RETURN NEW; END IF; "
    + f"RAISE EXCEPTION '{TOLD}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    f"CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION audit_kept()",
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Let the database refuse what is no addition."""
    remove(connection)
    with connection.cursor() as cursor:
        for statement in _SQLITE if connection.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Take the guard away: for migrations of the table."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS audit_not_removed")
            cursor.execute("DROP TRIGGER IF EXISTS audit_not_changed")
        else:
            cursor.execute(f"DROP TRIGGER IF EXISTS audit_kept ON {TABLE}")
