"""`keepers stock [ORDERS...]`: what each product will sell and how much to keep, judged on weeks that were held out."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepers.cli.options import AsOf, Json, Map, Sheets
from keepers.cli.orders_named import orders_named
from keepers.cli.reading import read_columns, read_day
from keepers.core.percent import percent

if TYPE_CHECKING:
    from keepers.decisions.stock.forecasting import Asked, Judgement
    from keepers.loop.products.stock import StockAnswer

Files = Annotated[list[Path] | None, typer.Argument(help="Order files or folders. Otherwise the workspace.")]
Weeks = Annotated[int, typer.Option("--weeks", help="How many weeks ahead demand is forecast.")]
Service = Annotated[
    float, typer.Option("--service", help="Chance that what is kept lasts until the next delivery: 0.95.")
]
LeadTime = Annotated[int, typer.Option("--lead-time", help="Weeks from ordering to delivery.")]
Review = Annotated[int, typer.Option("--review", help="Weeks from one ordering to the next.")]
Out = Annotated[Path | None, typer.Option(help="Write a row a product: .csv or .parquet.")]
Weekly = Annotated[Path | None, typer.Option(help="Write a row a product and week: .csv or .parquet.")]


def stock(
    orders: Files = None,
    weeks: Weeks = 8,
    service: Service = 0.95,
    lead_time: LeadTime = 2,
    review: Review = 1,
    as_of: AsOf = None,
    mapping: Map = None,
    sheets: Sheets = None,
    out: Out = None,
    weekly: Weekly = None,
    as_json: Json = False,
) -> None:
    """Forecast each product's demand, and say how much to keep so that it lasts until the next delivery."""
    from keepers.cli.tables_out import check_writable, write_table
    from keepers.decisions.stock.forecasting import Asked
    from keepers.loop.products.stock import stock_in

    for path in (out, weekly):
        if path is not None:
            check_writable(path)
    day, named = read_day("--as-of", as_of), read_columns(mapping, sheets)
    with orders_named(orders or [], named, quiet=as_json) as store:
        found = stock_in(store, Asked(weeks, service, lead_time, review), as_of=day)
    if out is not None:
        write_table(found.stock.products, out)
    if weekly is not None:
        write_table(found.stock.weeks, weekly)
    if as_json:
        typer.echo(json.dumps(_as_json(found, written=out is not None), allow_nan=False, ensure_ascii=False))
        return
    _show(found)
    for path in (out, weekly):
        if path is not None:
            typer.echo(f"Written to {path}.")


def _as_json(found: "StockAnswer", *, written: bool) -> dict[str, Any]:
    judgement = found.stock.judgement
    judged = None if judgement is None else asdict(judgement)
    rows = found.stock.products.num_rows if written else found.stock.products.to_pylist()
    return {
        "as_of": found.as_of.isoformat(),
        **{name: getattr(found.asked, name) for name in ("weeks", "service", "lead_time", "review")},
        "mixes": found.stock.mixes,
        "judged": judged,
        "products": rows,
    }


def _show(found: "StockAnswer") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console, asked, products = Console(markup=False, emoji=False), found.asked, found.stock.products
    console.print(
        f"\nWhat to keep of {products.num_rows:,} products, as of {found.as_of}.", style="bold", highlight=False
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("product", "sells", f"{asked.weeks} weeks", "range", f"{asked.window} weeks", "keep"):
        table.add_column(heading, justify="left" if heading in {"product", "sells"} else "right")
    for row in products.slice(0, 10).to_pylist():
        table.add_row(
            row["name"] or row["product_id"], row["sells"], _pieces(row["expected_units"]),
            f"{_pieces(row['units_low'])} to {_pieces(row['units_high'])}", _pieces(row["window_units"]),
            _pieces(row["stock_level"]),
        )  # fmt: skip
    console.print(table)
    console.print(
        f"Keep: what {asked.lead_time} weeks of delivery and {asked.review} until the next ordering ask for at most, "
        f"with a chance of {percent(asked.service)}. Count what is on its way.",
        highlight=False,
    )
    console.print(_judged(found.stock.judgement, asked), highlight=False)
    console.print(
        "Known are sales, not wishes: where something was sold out, nobody knows what would have been asked for.",
        highlight=False,
    )


def _pieces(units: float) -> str:
    return f"{units:,.0f}" if units >= 100 or units == round(units) else f"{units:,.1f}"


def _judged(judgement: "Judgement | None", asked: "Asked") -> str:
    if judgement is None:
        return "Not judged: the history is too short to hold weeks out."
    served = "; ".join(f"asked {percent(each.service)}, kept {percent(each.achieved, 1)}" for each in judgement.served)
    return (
        f"On {judgement.windows} windows of {asked.window} weeks that were held out ({judgement.rows:,} products in "
        f"them) it lasted: {served}. {percent(judgement.unforeseen, 1)} of the pieces were of products never "
        "sold before."
    )
