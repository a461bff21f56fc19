"""`keepers doctor`: whether the workspace is sound, and what to do where it is not."""

import json
import os
from typing import Annotated

import typer

from keepers.cli.options import Json

Repair = Annotated[bool, typer.Option("--repair", help="Remove what killed imports left behind.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="With --repair: only say what would be removed.")]


def doctor(repair: Repair = False, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Look at versions, tables, files and rows of the workspace; say what to do. Ends with 1 if something is wrong."""
    from dataclasses import asdict

    from keepers.loop.workspace import Workspace
    from keepers.loop.workspace_checks import check_workspace, repair_workspace

    workspace = Workspace.named_by(os.environ)
    removed = repair_workspace(workspace) if repair and workspace.exists and not dry_run else 0
    checks = check_workspace(workspace)
    sound = all(check.sound for check in checks)
    if as_json:
        typer.echo(json.dumps({"sound": sound, "removed": removed, "checks": [asdict(check) for check in checks]}))
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for check in checks:
            mark = "[green]ok[/green]" if check.sound else "[red]look[/red]"
            table.add_row(mark, check.name, f"{check.found}. {check.advice}".rstrip())
        Console().print(table)
        if removed:
            typer.echo(f"{removed} leftovers were removed.")
    if not sound:
        raise typer.Exit(1)
