"""`keepers next [ORDERS...]`: what each customer is likely to buy next, judged on held-out baskets."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepers.cli.options import AsOf, Json, Map, Sheets
from keepers.cli.orders_named import orders_named
from keepers.cli.reading import read_columns, read_day, read_period
from keepers.core.percent import percent

if TYPE_CHECKING:
    from keepers.decisions.next_product.judging import Judged
    from keepers.loop.products.next_products import NextProducts

Files = Annotated[list[Path] | None, typer.Argument(help="Order files or folders. Otherwise the workspace.")]
Within = Annotated[str, typer.Option("--within", help="How soon the purchase is to come: 4w, 2m.")]
Top = Annotated[int, typer.Option(help="Products a customer.", min=1)]
OnlyNew = Annotated[bool, typer.Option("--only-new", help="Leave out what a customer bought before.")]
Product = Annotated[str | None, typer.Option(help="The id of one product: who is likely to buy it.")]
Out = Annotated[Path | None, typer.Option(help="Write the proposals: .csv or .parquet.")]


def next_products(
    orders: Files = None,
    within: Within = "4w",
    top: Top = 5,
    only_new: OnlyNew = False,
    product: Product = None,
    as_of: AsOf = None,
    mapping: Map = None,
    sheets: Sheets = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Propose products to every customer, with the chance and the reason; or likely buyers of one product."""
    from keepers.cli.tables_out import check_writable, write_table
    from keepers.decisions.next_product.proposing import Wanted
    from keepers.loop.products.next_products import next_products_in

    if out is not None:
        check_writable(out)
    days = int(read_period("--within", within).days)
    if days == 0:
        raise typer.BadParameter(f'--within: "{within}" is less than a day. Write 4w.')
    day, named = read_day("--as-of", as_of), read_columns(mapping, sheets)
    with orders_named(orders or [], named, quiet=as_json) as store:
        found = next_products_in(store, Wanted(top, only_new, product), horizon_days=days, as_of=day)
    if out is not None:
        write_table(found.proposals, out)
    if as_json:
        typer.echo(json.dumps(_as_json(found, written=out is not None), allow_nan=False, ensure_ascii=False))
        return
    _show(found, out)


def _as_json(found: "NextProducts", *, written: bool) -> dict[str, Any]:
    judged = None if found.judgement is None else asdict(found.judgement)
    rows = {"proposals": found.proposals.num_rows} if written else {"proposals": found.proposals.to_pylist()}
    return {"as_of": found.as_of.isoformat(), "within_days": found.horizon_days, "judged": judged} | rows


def _show(found: "NextProducts", out: Path | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, emoji=False)
    customers = len(set(found.proposals["customer_id"].to_pylist()))
    console.print(f"\nProposals for {customers:,} customers, as of {found.as_of}.", style="bold", highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("customer", "product", "kind", f"chance in {found.horizon_days} days", "why"):
        table.add_column(heading, justify="right" if heading.startswith("chance") else "left")
    for row in found.proposals.slice(0, 10).to_pylist():
        name = row["name"] or row["product_id"]
        table.add_row(row["customer_id"], name, row["kind"], percent(row["chance"]), row["reason"])
    console.print(table)
    if found.judgement is None:
        console.print(f"Not judged: {found.not_judged}", highlight=False)
    else:
        judgement = found.judgement
        console.print(
            f"On the last {judgement.horizon_days} days, held out, of {judgement.customers:,} customers, the first "
            f"{judgement.top} proposals held:",
            highlight=False,
        )
        console.print(_judged("of all they bought", judgement.again), highlight=False)
        console.print(_judged("of what was new to them", judgement.new), highlight=False)
    if out is not None:
        console.print(f"Written to {out}.", highlight=False)


def _judged(what: str, rows: "tuple[Judged, ...]") -> str:
    if not rows:
        return f"  {what}: nothing was bought."
    ours, *others = rows
    beside = "; ".join(
        f"{other.rule} {percent(other.found, 1)} (ours {percent(other.gain, 1, signed=True)}, "
        f"{percent(other.gain_low, 1, signed=True)} to {percent(other.gain_high, 1, signed=True)})"
        for other in others
    )
    return f"  {what}: {percent(ours.found, 1)}; {beside}"
