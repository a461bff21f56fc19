"""`keepers promote [ORDERS...]`: whom to offer which product, and what that is expected to bring after its cost."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepers.cli.options import AsOf, Json, Map, Sheets
from keepers.cli.orders_named import orders_named
from keepers.cli.reading import read_columns, read_day

if TYPE_CHECKING:
    import pyarrow as pa

Files = Annotated[list[Path] | None, typer.Argument(help="Order files or folders. Otherwise the workspace.")]
Product = Annotated[str | None, typer.Option(help="The id of one product: whom to offer it to.")]
Discount = Annotated[float | None, typer.Option(help="Off the price, as a share: 0.1.")]
Cost = Annotated[float | None, typer.Option(help="What telling one customer costs, in your money.")]
Margin = Annotated[float, typer.Option(help="Margin as a share of revenue, at the full price.")]
Costs = Annotated[Path | None, typer.Option(help="A costs file as `keepers plan` reads it.")]
Out = Annotated[Path | None, typer.Option(help="Write the customers of each product: .csv or .parquet.")]


def promote(
    orders: Files = None,
    product: Product = None,
    discount: Discount = None,
    cost: Cost = None,
    margin: Margin = 0.30,
    costs: Costs = None,
    as_of: AsOf = None,
    mapping: Map = None,
    sheets: Sheets = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Choose for each product the customers to whom offering it pays: likely to buy with the offer and not without."""
    from keepers.cli.tables_out import check_writable, write_table
    from keepers.loop.products.promotions import PromoteRequest, promotions_in

    if out is not None:
        check_writable(out)
    request = PromoteRequest(product, discount, cost, margin, costs, read_day("--as-of", as_of))
    with orders_named(orders or [], read_columns(mapping, sheets), quiet=as_json) as store:
        found = promotions_in(store, request)
    if out is not None:
        write_table(found.offers, out)
    if as_json:
        told = found.as_json() | ({} if out is not None else {"offers": found.offers.to_pylist()})
        typer.echo(json.dumps(told, allow_nan=False, ensure_ascii=False))
        return
    _show(found.products, found.sentence())
    if out is not None:
        typer.echo(f"Written to {out}.")


def _show(products: "pa.Table", sentence: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, emoji=False)
    console.print(f"\n{sentence}", style="bold", highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("product", "people", "would buy", "with the offer", "cost", "gain", "range", "rests on"):
        table.add_column(heading, justify="left" if heading in {"product", "rests on"} else "right")
    for row in products.slice(0, 10).to_pylist():
        table.add_row(*_cells(row))
    console.print(table)


def _cells(row: dict[str, Any]) -> list[str]:
    buyers = [f"{row['people'] * row[name]:,.1f}" for name in ("chance", "chance_offered")]
    money = [f"{row[name]:,.2f}" for name in ("cost", "expected_gain")]
    ends = f"{row['expected_gain_low']:,.2f} to {row['expected_gain_high']:,.2f}"
    return [row["name"] or row["product_id"], f"{row['people']:,}", *buyers, *money, ends, row["evidence"]]
