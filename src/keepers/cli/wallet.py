"""`keepers wallet ANSWERS`: what part of customers' spend in the category comes to us, and what goes elsewhere."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepers.cli.options import Json, Map
from keepers.cli.reading import read_mapping
from keepers.core.percent import percent

if TYPE_CHECKING:
    from keepers.loop.market.wallets import Asked

Answers = Annotated[Path, typer.Argument(help="What customers said: category_spend, or rank and brands_used.")]
Values = Annotated[
    Path | None, typer.Option("--values", help="Parquet file of: keepers value ORDERS. Else the workspace.")
]
Out = Annotated[Path | None, typer.Option(help="Write a row a customer: .csv or .parquet.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Compute and print, but keep nothing in the workspace.")]


def wallet(
    answers: Answers,
    values: Values = None,
    mapping: Map = None,
    out: Out = None,
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Say what part of each customer's spend in the category comes to us, and how sure that is."""
    from keepers.cli.tables_out import check_writable, write_table

    if out is not None:
        check_writable(out)
    asked, kept = _asked(answers, values, read_mapping(mapping or []), keep=not dry_run)
    if out is not None:
        write_table(asked.wallets.table, out)
    if as_json:
        typer.echo(json.dumps(asked.as_json(), allow_nan=False, ensure_ascii=False))
        return
    _tell(asked, kept=kept)


def _asked(answers: Path, values: Path | None, mapping: dict[str, str], *, keep: bool) -> "tuple[Asked, bool]":
    """The shares, and whether they were kept."""
    from keepers.cli.saved import show_wallets
    from keepers.loop.files.valued_file import read_valued_file
    from keepers.loop.market.wallets import wallets_in, wallets_of_file
    from keepers.loop.workspace import Workspace

    if values is not None:
        valued = read_valued_file(values)
        return wallets_of_file(answers, valued.table, valued.fit.time_unit_days, mapping=mapping), False
    workspace = Workspace.named_by(os.environ)
    if not workspace.exists:
        return wallets_of_file(answers, None, 1.0, mapping=mapping), False
    with workspace.opened() as store:
        asked = wallets_in(store, answers, mapping=mapping, known_at=datetime.now(UTC), keep=keep)
    if keep:
        show_wallets(workspace)
    return asked, keep


def _tell(asked: "Asked", *, kept: bool) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table

    out, found = Console(markup=False, emoji=False), asked.wallets
    out.print()
    if found.together is not None:
        mean, low, high = found.together
        out.print(
            f"Of what those asked spend in the category, {percent(mean)} comes to us "
            f"({percent(low)} to {percent(high)})."
        )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("Segment", "Customers", "Usual share", ""):
        table.add_column(heading, justify="left" if heading == "Segment" else "right")
    for row in found.by_segment.to_pylist():
        share = "–" if row["share_of_wallet"] is None else percent(row["share_of_wallet"])
        ends = "" if share == "–" else f"{percent(row['share_of_wallet_low'])} – {percent(row['share_of_wallet_high'])}"
        table.add_row(row["segment"] or "all", f"{row['customers']:,}", share, ends)
    out.print(Padding(table, (1, 0, 1, 2)))
    if found.beyond_one:
        told = "spend more with us than they say they spend in all; that is taken as an error of stating."
        out.print(f"{found.beyond_one:,} {told}", style="dim")
    stating = "as their own statements show" if "stating" in found.learned else "an assumption"
    ranking = "as those show who said both" if "ranking" in found.learned else "an assumption"
    out.print(f"Stated spend is taken to miss by {percent(found.stating_error)} ({stating}),", style="dim")
    out.print(
        f"shares to scatter around the rank's by {found.ranking_spread:.2f} on the logit ({ranking}).", style="dim"
    )
    if asked.strangers:
        out.print(f"{asked.strangers:,} who answered are no customers of the values.", style="dim")
    if kept:
        out.print("Kept in the workspace; the next plan reads them.")
    out.print()
