"""What the command line shares with the web app of the same workspace, where that was ever served."""

import os
from typing import TYPE_CHECKING, Any

import typer

from keepers.loop.workspace import Workspace

if TYPE_CHECKING:
    from keepers.decisions.dismissing import Barred


def with_saved(asked: dict[str, Any], context: typer.Context, workspace: Workspace) -> dict[str, Any]:
    """The assumptions' options: as given on the command line, else as saved in Settings, else their defaults."""
    if not _is_served(workspace):
        return asked
    from keepers.web.starting import bring_up_to_date

    bring_up_to_date()
    from keepers.crm.data.queries import current_set, fields_of

    saved = {name: value for name, value in fields_of(current_set()).items() if not _was_given(context, name)}
    return asked | {name: value if value != "" else None for name, value in saved.items()}


def barred(workspace: Workspace) -> "Barred":
    """What the desks say is not to be proposed, and not to be drawn lots for, by customer."""
    if not _is_served(workspace):
        return {"dismissed": {}, "not_drawn": {}}
    from django.utils import timezone

    from keepers.crm.approvals.barring import barred_on

    return barred_on(timezone.localdate())


def publish_to_pages(workspace: Workspace) -> str | None:
    """Show the newest run on the web app's pages, where there are any; returns what was done."""
    if not _is_served(workspace):
        return None
    from datetime import UTC, datetime

    from keepers.web.starting import make_ready

    said: list[str] = []
    make_ready(said.append, at=datetime.now(UTC))
    return " ".join(said) or None


def show_wallets(workspace: Workspace) -> None:
    """Show on the pages, where there are any, what was just learned of customers' wallets."""
    if not _is_served(workspace):
        return
    from keepers.web.starting import bring_up_to_date

    bring_up_to_date()
    from keepers.crm.portfolio.publishing.publish import show_wallets_anew

    show_wallets_anew(workspace)


def _is_served(workspace: Workspace) -> bool:
    return workspace.app_database.exists() or bool(os.environ.get("DATABASE_URL"))


def _was_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
