"""`keepers insight NAME [ORDERS...]`: one question about the history, answered by a table, a sentence and a plot."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepers.cli.options import AsOf, Currency, Json, Map, Margin, Rates, Sheets
from keepers.cli.orders_named import orders_named
from keepers.cli.reading import read_columns, read_day

if TYPE_CHECKING:
    from keepers.ingest.report import ImportOptions
    from keepers.insight.answers import Answer
    from keepers.loop.insights.answering import InsightRequest

Name = Annotated[str | None, typer.Argument(help="Which insight; leave it out to list them all.")]
Files = Annotated[list[Path] | None, typer.Argument(help="Order files or folders. Otherwise the workspace.")]
Plot = Annotated[Path | None, typer.Option(help="Draw it into a file: .html, .svg or .png.")]
By = Annotated[str | None, typer.Option(help="day, week, month, quarter or year. Otherwise the insight's own.")]
Top = Annotated[int, typer.Option(help="Rows of a ranking.", min=1)]
Since = Annotated[str | None, typer.Option(help="Compare with this day. Otherwise the run before, or a quarter ago.")]

WIDEST_TEXT = 12  # characters that a wrapping column keeps at least


def insight(
    name: Name = None,
    orders: Files = None,
    plot: Plot = None,
    by: By = None,
    top: Top = 10,
    as_of: AsOf = None,
    since: Since = None,
    margin: Margin = 0.30,
    currency: Currency = None,
    rates: Rates = None,
    mapping: Map = None,
    sheets: Sheets = None,
    as_json: Json = False,
) -> None:
    """Answer one question about the history: equity, cohorts, concentration, rfm, buyers, products and more."""
    from keepers.core.periods import Period
    from keepers.insight.catalogue import insight_named
    from keepers.loop.insights.answering import InsightRequest
    from keepers.valuation.assumptions import Assumptions

    if name is None:
        _list(as_json=as_json)
        return
    insight_named(name)
    request = InsightRequest(
        name=name,
        assumptions=Assumptions(
            horizon=Period.parse("52w"), value_cap=Period.parse("5y"), margin=margin, currency=currency
        ),
        as_of=read_day("--as-of", as_of),
        since=read_day("--since", since),
        by=by,
        top=top,
        rates=rates,
    )
    answer = _answer(request, orders or [], read_columns(mapping, sheets), quiet=as_json)
    if plot is not None:
        from keepers.insight.drawings.charts import save_chart

        save_chart(answer, plot)
    if as_json:
        typer.echo(json.dumps({"insight": name} | answer.as_json(), allow_nan=False, ensure_ascii=False))
    else:
        _show(answer, plot)


def _answer(request: "InsightRequest", orders: list[Path], options: "ImportOptions", *, quiet: bool) -> "Answer":
    from keepers.loop.insights.answering import answer_from_files, answer_from_store

    with orders_named(orders, options, quiet=quiet) as store:
        return answer_from_files(request, store) if orders else answer_from_store(request, store)


def _list(*, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from keepers.insight.catalogue import INSIGHTS

    if as_json:
        listed = [{"name": each.name, "question": each.question, "needs": each.needs.value} for each in INSIGHTS]
        typer.echo(json.dumps({"insights": listed}, ensure_ascii=False))
        return
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for each in INSIGHTS:
        table.add_row(each.name, each.question)
    console = Console()
    console.print(table)
    console.print(
        "\nOn the workspace: keepers insight NAME. On files: keepers insight NAME ORDERS.csv", highlight=False
    )


def _show(answer: "Answer", plot: Path | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from keepers.insight.columns import Kind, column_named, written

    rows: Any = answer.table
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    columns = [written(rows[name].to_pylist(), name, answer.currency) for name in rows.column_names]
    for name, cells in zip(rows.column_names, columns, strict=True):
        kind = column_named(name).kind
        widest = max(map(len, [*cells, *column_named(name).heading.split()]))
        may_wrap = kind is Kind.TEXT and name != rows.column_names[0]
        table.add_column(
            column_named(name).heading,
            justify="left" if kind is Kind.TEXT else "right",
            min_width=min(widest, WIDEST_TEXT) if may_wrap else widest,
        )
    for row in zip(*columns, strict=True):
        table.add_row(*row)
    console = Console(markup=False, emoji=False)  # a product may be called [b]
    console.print(f"\n{answer.finding}", style="bold", highlight=False)
    console.print(answer.definition, style="dim", highlight=False)
    console.print(table)
    left_out = (f"{answer.left_out}; --json gives all.",) if answer.left_out else ()
    for note in (*left_out, *answer.notes):
        console.print(note, highlight=False)
    if plot is not None:
        console.print(f"Drawn in {plot}.", highlight=False)
