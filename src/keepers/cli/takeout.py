"""What `keepers export --customer ID` writes: everything that both stores hold of somebody, as one zip."""

import json
import os
from pathlib import Path

import typer

from keepers.core.errors import KeepersError


class NotServedError(KeepersError):
    """The workspace has no app database yet."""


class NoZipError(KeepersError):
    """The file is no zip by its name."""


def take_out(who: str, out: Path, *, dry_run: bool, as_json: bool) -> None:
    """Write the file, and tell what it holds."""
    from keepers.loop.workspace import Workspace

    workspace = Workspace.named_by(os.environ)
    if not (workspace.app_database.exists() or os.environ.get("DATABASE_URL")):
        raise NotServedError("This workspace has never been served, so no app knows its customers. Run: keepers serve")
    if out.suffix != ".zip":
        raise NoZipError("All about a customer is several files in one. Name it: --out customer.zip")
    from keepers.web.starting import bring_up_to_date

    bring_up_to_date()
    from django.utils import timezone

    from keepers.crm.privacy.takeout import counts_of, write_for_command

    counts = counts_of(who) if dry_run else write_for_command(who, out, at=timezone.now())
    if as_json:
        typer.echo(json.dumps({"customer_id": who, "rows": counts, "file": None if dry_run else str(out)}))
        return
    for name, count in counts.items():
        typer.echo(f"{count:>10,}  {name}")
    typer.echo("Nothing was written." if dry_run else f"All of it is in {out}.")
