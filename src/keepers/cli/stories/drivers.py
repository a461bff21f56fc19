"""What a survey told, in a terminal: why people choose, what brands are worth, how people switch, what pays."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from keepers.core.money import money, money_range
from keepers.core.percent import percent
from keepers.decisions.drivers import findings

if TYPE_CHECKING:
    from keepers.loop.market.drivers import Studied

NONE = "–"


def tell_drivers(studied: "Studied", currency: str | None, *, console: Console | None = None) -> None:
    """Print what was found on standard output, or where asked."""
    out, market, answers = console or Console(markup=False, emoji=False), studied.market, studied.answers
    out.print()
    out.print(findings.sentence(market, currency))
    out.print(_tables(findings.brands(market), _brand, ("Brand", "Customer equity", "", "Share", ""), currency))
    out.print("Why people choose, by one standard deviation of a rating:")
    out.print(_tables(findings.importance(market), _driver, ("Driver", "Kind", "Importance", ""), currency))
    out.print("Who bought this brand last (down) buys that one next (across):")
    out.print(Padding(_switching(findings.switches(market)), (0, 0, 1, 2)))
    out.print("What a step on each driver adds to our equity:")
    heads = ("Driver", "Raised", "Adds", "", "Cost", "Return", "", "Pays")
    out.print(_tables(findings.improvements(market), _step, heads, currency))
    out.print(findings.advice(market, currency))
    out.print(findings.trust(market), style="dim")
    out.print(findings.NOT_CAUSE, style="dim")
    out.print(
        f"{answers.survey.size:,} of {answers.asked:,} people could be used{_left(answers.left_out)}.", style="dim"
    )
    if answers.filled:
        filled = f"{answers.filled:,} ratings were not given; what others gave the brand stands in."
        out.print(filled, style="dim")
    for note in answers.notes:
        out.print(note, style="dim")
    if not market.is_sized:
        out.print("Money is per person in the market. Name its size to see it whole: --population N", style="dim")
    out.print()


def _tables(rows: pa.Table, cells: Any, headings: Sequence[str], currency: str | None) -> Padding:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 or heading == "Kind" else "right")
    for row in rows.to_pylist():
        table.add_row(*cells(row, currency))
    return Padding(table, (0, 0, 1, 2))


def _brand(row: dict[str, Any], currency: str | None) -> Sequence[str]:
    held = f"{percent(row['equity_share_low'])} – {percent(row['equity_share_high'])}"
    worth = money_range(row["equity_low"], row["equity_high"])
    return row["brand"], money(row["equity"], currency), worth, percent(row["equity_share"]), held


def _driver(row: dict[str, Any], _: str | None) -> Sequence[str]:
    between = f"{row['importance_low']:.2f} to {row['importance_high']:.2f}"
    return row["driver"], row["driver_kind"], f"{row['importance']:.2f}", between


def _step(row: dict[str, Any], currency: str | None) -> Sequence[str]:
    adds, between = money(row["added_equity"], currency), money_range(row["added_equity_low"], row["added_equity_high"])
    cost = NONE if row["step_cost"] is None else money(row["step_cost"], currency)
    returns = (
        (NONE, "")
        if row["roi"] is None
        else (percent(row["roi"]), f"{percent(row['roi_low'])} to {percent(row['roi_high'])}")
    )
    pays = NONE if row["chance_pays"] is None else percent(row["chance_pays"])
    return row["driver"], f"{row['raised']:.2f}", adds, between, cost, *returns, pays


def _switching(rows: pa.Table) -> Table:
    first = rows["segment"][0].as_py()
    whole = [row for row in rows.to_pylist() if row["segment"] == first]
    brands = list(dict.fromkeys(row["to_brand"] for row in whole))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("", *brands):
        table.add_column(heading, justify="right" if heading else "left")
    chances = {(row["from_brand"], row["to_brand"]): row["switch_chance"] for row in whole}
    for start in brands:
        cells = (chances[start, end] for end in brands)
        table.add_row(start, *(NONE if chance is None else percent(chance) for chance in cells))
    return table


def _left(left_out: dict[str, int]) -> str:
    return "".join(f"; {count:,} {why}" for why, count in left_out.items())
