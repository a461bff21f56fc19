"""What the command line shares with the web app of the same workspace, where that was ever served."""

import os
from typing import Any

import typer

from keepers.loop.workspace import Workspace


def with_saved(asked: dict[str, Any], context: typer.Context, workspace: Workspace) -> dict[str, Any]:
    """The assumptions' options: as given on the command line, else as saved in Settings, else their defaults."""
    if not _is_served(workspace):
        return asked
    from keepers.web.starting import bring_up_to_date

    bring_up_to_date()
    from keepers.crm.data.queries import current_set, fields_of

    saved = {name: value for name, value in fields_of(current_set()).items() if not _was_given(context, name)}
    return asked | {name: value if value != "" else None for name, value in saved.items()}


def dismissed(workspace: Workspace) -> dict[str, frozenset[str]]:
    """What people said no to on the pages, by customer; it is not proposed again yet."""
    if not _is_served(workspace):
        return {}
    from django.utils import timezone

    from keepers.crm.approvals.queries import dismissed_on

    return dismissed_on(timezone.localdate())


def publish_to_pages(workspace: Workspace) -> str | None:
    """Show the newest run on the web app's pages, where there are any; returns what was done."""
    if not _is_served(workspace):
        return None
    from datetime import UTC, datetime

    from keepers.web.starting import make_ready

    said: list[str] = []
    make_ready(said.append, at=datetime.now(UTC))
    return " ".join(said) or None


def _is_served(workspace: Workspace) -> bool:
    return workspace.app_database.exists() or bool(os.environ.get("DATABASE_URL"))


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
