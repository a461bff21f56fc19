"""All that a database is made of, as rows that can be compared whatever the order in which it was made."""

import re
import sqlite3
from pathlib import Path

import psycopg

from tests.e2e.serving import environment

_SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
_POSTGRESQL = (
    """SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, is_identity
    FROM information_schema.columns WHERE table_schema = 'public'""",
    """SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace""",
    """SELECT relname, reloptions, pg_get_indexdef(oid) FROM pg_class
    WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace""",
    "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
)
_NOTED = "SELECT app, name FROM django_migrations"
_NUMBERED = re.compile(r"_[0-9a-f]{8}(?![0-9a-z])")  # PostgreSQL keeps it where a table is renamed
_BETWEEN_COLUMNS = re.compile(r",(?![^()]*(?:\([^()]*\)[^()]*)*\))")


def shape_of(home: Path) -> set[str]:
    """Of the app database of a workspace: tables, columns, indexes, triggers, functions, and the migrations it has."""
    url = environment(home).get("DATABASE_URL")
    if url is None:
        with sqlite3.connect(home / "app.sqlite3") as connection:
            parts = [(*part, _in_any_order(sql)) for *part, sql in connection.execute(_SQLITE)]
            rows = [*parts, *connection.execute(_NOTED)]
    else:
        with psycopg.connect(url) as server:
            rows = [row for asked in (*_POSTGRESQL, _NOTED) for row in server.execute(asked)]
    return {_NUMBERED.sub("", repr(row)).replace("data_job", "jobs_job") for row in rows}


def _in_any_order(sql: str) -> tuple[str, ...]:
    """A column that came later stands last in its table."""
    head, _, columns = sql.partition("(")
    if not head.startswith("CREATE TABLE"):
        return (sql,)
    return head, *sorted(column.strip() for column in _BETWEEN_COLUMNS.split(columns.removesuffix(")")))
