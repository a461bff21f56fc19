"""`keepers` alone: the loop, where each stage stands, and the next command."""

import json
import os
from datetime import date
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from keepers.loop.workspace_state import WorkspaceState


def show_status(*, as_of: date | None, as_json: bool) -> None:
    """Print the loop's stages with their state."""
    from keepers.loop.workspace import Workspace
    from keepers.loop.workspace_state import state_of

    state = state_of(Workspace.named_by(os.environ), as_of=as_of)
    if as_json:
        typer.echo(json.dumps(state.as_json(), ensure_ascii=False))
    else:
        _draw(state)


def _draw(state: "WorkspaceState") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for stage, command, found in (
        ("import", "keepers import FILE", _imports(state)),
        ("history", "keepers insight NAME", _history(state)),
        ("value", "keepers run", _values(state)),
    ):
        table.add_row(f"[bold]{stage}[/bold]", found, f"[dim]{command}[/dim]")
    console = Console()
    console.print("\n[bold]Which customers are worth keeping?[/bold]")
    console.print(f"[dim]Workspace {state.folder}[/dim]\n", highlight=False)
    console.print(table)
    console.print(f"\nNext: [bold]{state.next_command}[/bold]", highlight=False)
    console.print("On files, without a workspace: keepers value FILE. All commands: keepers --help\n", highlight=False)


def _imports(state: "WorkspaceState") -> str:
    if not state.imports and not state.imports_off:
        return "no orders yet"
    off = f", {state.imports_off} switched off" if state.imports_off else ""
    return f"{state.imports} {'import counts' if state.imports == 1 else 'imports count'}{off}"


def _history(state: "WorkspaceState") -> str:
    if not state.lines:
        return "–"
    return f"{state.lines:,} lines, {state.customers:,} customers, {state.first_order} to {state.last_order}"


def _values(state: "WorkspaceState") -> str:
    if state.last_run is None:
        return "not valued yet"
    from keepers.core.money import money, money_range

    worth = ""
    if state.residual_value is not None:
        low, high = state.residual_value["low"], state.residual_value["high"]
        worth = f", equity {money(state.residual_value['mean'], state.currency)} [{money_range(low, high)}]"
    grade = f", grade {state.grade}" if state.grade else ""
    outdated = "; imports changed since" if state.outdated else ""
    return f"run {state.last_run} as of {state.as_of}{worth}{grade}{outdated}".replace("[", r"\[")
