"""`keepers import SOURCE...`: order files into the workspace, looked at first; `keepers imports` lists and switches."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepers.cli.options import Dates, Duplicates, Join, Json, Map, Rejects, Sheets, Zone
from keepers.cli.reading import read_mapping, read_sheets

if TYPE_CHECKING:
    from keepers.ingest.report import ImportOptions
    from keepers.loop.imports.importing import PreparedImport
    from keepers.loop.workspace import Workspace
    from keepers.warehouse.delta import DeltaStore

Sources = Annotated[list[Path] | None, typer.Argument(help="Order files or folders, as for keepers value.")]
Source = Annotated[str | None, typer.Option(help="Name of the shop or system, whose order ids are its own.")]
Undo = Annotated[str | None, typer.Option(help="Switch this import off; what it replaced counts again.")]
Redo = Annotated[str | None, typer.Option(help="Switch this import on again.")]
List = Annotated[bool, typer.Option("--list", help="List the imports.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "--preview", help="Show what would happen; change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def import_orders(
    sources: Sources = None,
    mapping: Map = None,
    sheets: Sheets = None,
    join: Join = True,
    dates: Dates = "auto",
    duplicates: Duplicates = "auto",
    timezone: Zone = "UTC",
    source: Source = None,
    rejects: Rejects = None,
    undo: Undo = None,
    redo: Redo = None,
    listing: List = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Bring order files into the workspace: preview, reject with reasons, undo."""
    from keepers.ingest.report import ImportOptions
    from keepers.loop.workspace import Workspace

    _refuse_mixtures(sources, undo, redo, listing=listing)
    workspace = Workspace.named_by(os.environ)
    options = ImportOptions(
        mapping=read_mapping(mapping or []),
        sheets=read_sheets(sheets),
        joins=join,
        dates=dates,
        duplicates=duplicates,
        timezone=timezone,
        source=source,
    )
    with workspace.opened() as store:
        if listing:
            _list(store, as_json=as_json)
        elif undo is not None or redo is not None:
            _switch(store, undo or redo or "", active=redo is not None, dry_run=dry_run, as_json=as_json)
        else:
            asks = sys.stdin.isatty() and not (yes or as_json)
            _bring(workspace, store, sources or [], options, rejects, dry_run=dry_run, asks=asks, as_json=as_json)


def list_imports(as_json: Json = False) -> None:
    """List the workspace's imports, which of them count, and what they brought."""
    from keepers.loop.workspace import Workspace

    with Workspace.named_by(os.environ).opened() as store:
        _list(store, as_json=as_json)


def _refuse_mixtures(sources: list[Path] | None, undo: str | None, redo: str | None, *, listing: bool) -> None:
    asked = [bool(sources), undo is not None, redo is not None, listing]
    if sum(asked) != 1:
        raise typer.BadParameter("Name order files, or one of --undo BATCH, --redo BATCH and --list.")


def _bring(
    workspace: "Workspace",
    store: "DeltaStore",
    sources: list[Path],
    options: "ImportOptions",
    rejects: Path | None,
    *,
    dry_run: bool,
    asks: bool,
    as_json: bool,
) -> None:
    from datetime import UTC, datetime
    from functools import partial

    from keepers.cli.progress import progress_bar
    from keepers.cli.tables_out import write_table
    from keepers.ingest.recognising.recognition import UnknownColumnsError
    from keepers.loop.imports.importing import land, prepare_import
    from keepers.loop.outputs import read_rejects
    from keepers.loop.tombstones import forgotten_in

    with workspace.staging() as folder:
        with progress_bar(quiet=as_json) as progress:
            try:
                prepared = prepare_import(
                    store,
                    sources,
                    options=options,
                    into=folder,
                    progress=progress,
                    forgotten=partial(forgotten_in, workspace),
                )
            except UnknownColumnsError as wrong:
                named = " ".join(map(str, sources))
                raise UnknownColumnsError(f"{wrong} If it tells of people: keepers import-people {named}") from wrong
        if not as_json:
            _preview(prepared)
        if rejects is not None and not dry_run:
            write_table(read_rejects(prepared.imported), rejects)
        landed = not dry_run and (not asks or typer.confirm("Import these orders?"))
        if landed:
            land(workspace, store, prepared, at=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(_as_json(prepared, landed=landed), allow_nan=False, ensure_ascii=False))
    elif landed:
        typer.echo(
            f"Imported as {prepared.batch_id}. Next: keepers run. "
            f"To take it back: keepers import --undo {prepared.batch_id}"
        )
    else:
        typer.echo("Nothing was changed.")


def _as_json(prepared: "PreparedImport", *, landed: bool) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "batch_id": prepared.batch_id,
        "landed": landed,
        "input": prepared.input,
        "replaces": asdict(prepared.effect),
    }


def _preview(prepared: "PreparedImport") -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from keepers.cli.stories.value import input_lines

    console = Console()
    first, *details = input_lines(prepared.input)
    console.print(Text(first, style="bold"))
    for line in (*details, *_effect_lines(prepared)):
        console.print(Padding(Text(line), (0, 0, 0, 2)))


def _effect_lines(prepared: "PreparedImport") -> list[str]:
    from keepers.core.money import money

    effect, currency = prepared.effect, prepared.input["currency"]
    lines = []
    if effect.orders_replaced:
        whole = "orders" if prepared.imported.report.has_order_ids else "customer-days (this source has no order ids)"
        change = ""
        if effect.revenue_replaced is not None and effect.revenue_instead is not None:
            before, after = (money(amount, currency) for amount in (effect.revenue_replaced, effect.revenue_instead))
            change = f" Their revenue goes from {before} to {after}."
        lines.append(
            f"Replaces {effect.orders_replaced:,} whole {whole}, {effect.lines_replaced:,} lines, "
            f"of {effect.orders:,} that come in.{change}"
        )
    for source, customers in effect.shared.items():
        lines.append(f"{customers:,} customer ids are also in source {source}; they are taken for the same people.")
    return lines


def _switch(store: "DeltaStore", batch_id: str, *, active: bool, dry_run: bool, as_json: bool) -> None:
    from datetime import UTC, datetime

    from keepers.loop.imports.importing import import_named, switch

    state = import_named(store, batch_id) if dry_run else switch(store, batch_id, active=active, at=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(_state_as_json(state) | {"changed": not dry_run}))
        return
    done = ("would be switched " if dry_run else "is switched ") + ("on" if active else "off")
    typer.echo(f"Import {state['batch_id']} ({state['rows_accepted']:,} rows of {state['source']}) {done}.")
    if not dry_run and not active:
        typer.echo(f"What it had replaced counts again. To bring it back: keepers import --redo {state['batch_id']}")


def _list(store: "DeltaStore", *, as_json: bool) -> None:
    from keepers.loop.workspace import imports_of

    states = imports_of(store)
    if as_json:
        typer.echo(json.dumps({"imports": [_state_as_json(state) for state in states]}, ensure_ascii=False))
        return
    if not states:
        typer.echo("No imports yet. Bring orders in with: keepers import FILE")
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("import", no_wrap=True)
    table.add_column("source")
    table.add_column("orders")
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("counts", no_wrap=True)
    for state in states:
        rows = f"{state['rows_accepted']:,}" + (f" + {state['rows_rejected']:,}" if state["rows_rejected"] else "")
        days = f"{state['first_order']} to {state['last_order']}"
        table.add_row(state["batch_id"], state["source"], days, rows, "yes" if state["active"] else "switched off")
    Console().print(table)
    typer.echo("Rows: accepted + rejected. To switch an import off: keepers import --undo IMPORT")


def _state_as_json(state: dict[str, Any]) -> dict[str, Any]:
    written = {"files", "mapping", "revenue"}
    return {name: json.loads(value) if name in written and value else _plain(value) for name, value in state.items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
