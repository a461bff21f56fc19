"""The story of a valuation of contracts, told in a terminal: what was read, who stays how long, worth, and trust."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from keepers.cli.stories.value import GROUP_STYLES
from keepers.core.money import money, money_range
from keepers.core.percent import percent
from keepers.core.periods import Period
from keepers.insight.wording import plural
from keepers.valuation.groups import GROUPS

if TYPE_CHECKING:
    from keepers.loop.files.value_contracts import ValuedContracts
    from keepers.valuation.contracts.backtest import ContractBacktest

MEANINGS = {
    "best": "the fewest who hold half of what is to come",
    "promising": "few renewals so far, or a high end as good as the best",
    "steady": "renew, ordinary worth",
    "slipping": "less than 3 in 4 like them renew next",
    "lost": "their contract has ended",
}
SHOWN = 5
CURVES = 3


def tell_contracts(valued: "ValuedContracts", *, console: Console | None = None) -> None:
    """Print the story; to standard output if no console is given."""
    out = console or Console(markup=False, emoji=False)  # a customer may be called [b]
    out.print()
    _tell_input(out, valued)
    if valued.valuation.fit is not None:
        _tell_retention(out, valued)
        _tell_base(out, valued)
        _tell_groups(out, valued)
        _tell_customers(out, valued)
    _tell_trust(out, valued)
    for warning in valued.valuation.warnings:
        out.print(Padding(Text(f"! {warning}", style="yellow"), (0, 0, 0, 2)))
    out.print(Text(_assumptions(valued), style="dim"))
    out.print()


def _tell_input(out: Console, valued: "ValuedContracts") -> None:
    counted = valued.input
    out.print(Text("What was read", style="bold"))
    revenue = f", {money(counted['revenue'], counted['currency'])} paid so far" if counted["revenue"] else ""
    out.print(
        Padding(
            f"{counted['customers']:,} customers: {counted['running']:,} under contract, {counted['ended']:,} stays "
            f"ended{revenue}.",
            (0, 0, 0, 2),
        )
    )
    for line in _input_details(counted):
        out.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))
    out.print()


def _input_details(counted: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{plural(counted['rows_read'], 'row')} read = {counted['rows_accepted']:,} accepted + "
        f"{counted['rows_rejected']:,} rejected."
    )
    yield "Columns: " + ", ".join(f"{column} ← {header}" for column, header in counted["mapping"].items()) + "."
    for reason, count in counted["rejected"].items():
        yield f"Rejected: {plural(count['rows'], 'row')}, {reason}."
    if counted["rows_after_as_of"]:
        yield f"{counted['rows_after_as_of']:,} rows begin after the as-of date and are set aside."
    if counted["merged_rows"]:
        yield f"{counted['merged_rows']:,} rows go on with a stay that another row began."
    yield from counted["notes"]


def _tell_retention(out: Console, valued: "ValuedContracts") -> None:
    """The curve of each segment, of at most three."""
    rows = valued.valuation.retention
    segments = list(dict.fromkeys(row["segment"] for row in rows))
    for segment in segments[:CURVES]:
        title = "Who stays" if len(segments) == 1 else f"Who stays: {segment}"
        out.print(Text(title, style="bold"))
        grid = _grid(f"after {valued.run['unit']}s", "seen", "model", "90 % range", "asked", right=(0, 1, 2, 3, 4))
        for row in rows:
            if row["segment"] != segment:
                continue
            seen = "–" if row["seen"] is None else percent(row["seen"], 1)
            asked = f"{row['at_risk']:,.0f}" if row["at_risk"] else "–"
            span = f"{percent(row['low'], 1)} – {percent(row['high'], 1)}"
            grid.add_row(f"{row['renewals']}", seen, percent(row["mean"], 1), span, asked)
        out.print(Padding(grid, (0, 0, 0, 2)))
        out.print()


def _tell_base(out: Console, valued: "ValuedContracts") -> None:
    totals, run = valued.valuation.totals, valued.run
    out.print(Text("What they are worth", style="bold"))
    worth, renewals = totals["residual_value"], totals["expected_orders"]
    if worth is not None:
        out.print(
            Padding(
                f"Customer equity {money(worth['mean'], run['currency'])} "
                f"[{money_range(worth['low'], worth['high'])}] within {Period.parse(run['value_cap']).in_words()}.",
                (0, 0, 0, 2),
            )
        )
    if renewals is not None:
        out.print(
            Padding(
                f"The {totals['running']:,} under contract will renew {renewals['mean']:,.0f} times "
                f"[{renewals['low']:,.0f} – {renewals['high']:,.0f}] within {Period.parse(run['horizon']).in_words()}.",
                (0, 0, 0, 2),
            )
        )
    beyond = totals["share_of_value_beyond_backtest"]
    if valued.valuation.backtest is None:
        out.print(Padding("No backtest has tested any of it.", (0, 0, 0, 2)))
    elif beyond is not None:
        out.print(Padding(f"{percent(beyond)} of the worth lies further ahead than any backtest looked.", (0, 0, 0, 2)))
    out.print()


def _tell_groups(out: Console, valued: "ValuedContracts") -> None:
    worth = _worth(valued)
    rows = {
        row["group"]: row
        for row in valued.table.group_by("group")
        .aggregate([("customer_id", "count"), (worth, "sum")])
        .rename_columns(["group", "customers", "worth"])
        .to_pylist()
    }
    total = sum(row["worth"] or 0 for row in rows.values()) or 1.0
    grid = _grid("", "customers", "worth", "share", "", right=(1, 2, 3))
    for group in GROUPS:
        if row := rows.get(group):
            held = row["worth"] or 0.0
            amount = money(held, valued.run["currency"]) if worth == "residual_value" else f"{held:,.0f} renewals"
            name = Text(group, style=GROUP_STYLES[group])
            grid.add_row(name, f"{row['customers']:,}", amount, percent(held / total), MEANINGS[group])
    out.print(Text("Who they are", style="bold"))
    out.print(Padding(grid, (0, 0, 0, 2)))
    out.print()


def _tell_customers(out: Console, valued: "ValuedContracts") -> None:
    worth = _worth(valued)
    low, high = (f"{worth}_low", f"{worth}_high") if worth == "residual_value" else ("orders_low", "orders_high")
    for group, title in (("best", "The best"), ("slipping", "Slipping, by what is at stake")):
        members = valued.table.filter(pc.equal(valued.table["group"], group))
        if not members.num_rows:
            continue
        grid = _grid("customer", worth.replace("_", " "), "90 % range", "why", right=(1, 2))
        for row in members.sort_by([(worth, "descending")]).slice(0, SHOWN).to_pylist():
            figure = money(row[worth], valued.run["currency"]) if worth == "residual_value" else f"{row[worth]:.1f}"
            grid.add_row(row["customer_id"], figure, money_range(row[low], row[high]), row["reason"])
        out.print(Text(title, style="bold"))
        out.print(Padding(grid, (0, 0, 0, 2)))
        out.print()


def _tell_trust(out: Console, valued: "ValuedContracts") -> None:
    backtest = valued.valuation.backtest
    if backtest is None:
        return
    out.print(Text("How far to trust this", style="bold"))
    scores, total, by_age = backtest.scores, backtest.scores["total_orders"], backtest.hidden_from is not None
    out.print(Padding(backtest.grade.sentence(), (0, 0, 0, 2)))
    out.print(
        Padding(
            f"{_held_out(backtest)}, model {backtest.model}. Renewals: "
            f"{total['actual']:,.0f} actual, {total['mean']:,.0f} forecast "
            f"[{total['low']:,.0f} – {total['high']:,.0f}]. "
            f"The 90 % ranges held {percent(scores['coverage']['90'])} of the {'answers' if by_age else 'customers'}.",
            (0, 0, 0, 2),
        )
    )
    grid = _grid("forecast by", "best tenth found", "error a customer (CRPS)", right=(1, 2))
    for name, found in (("Keepers", scores), *backtest.rules.items()):
        grid.add_row(name.replace("_", " "), percent(found["top_10_percent"]), f"{found['orders']['crps']:.3f}")
    out.print(Padding(grid, (0, 0, 0, 2)))
    out.print()


def _held_out(backtest: "ContractBacktest") -> str:
    if backtest.calibration_end is None or backtest.holdout_end is None:
        return f"Held out: {backtest.customers:,} answers from renewal {backtest.hidden_from} on"
    span = f"{backtest.calibration_end:%-d %b %Y} to {backtest.holdout_end:%-d %b %Y}"
    return f"Held out: {span}, {backtest.customers:,} customers under contract"


def _worth(valued: "ValuedContracts") -> str:
    return "expected_orders" if valued.valuation.totals["residual_value"] is None else "residual_value"


def _grid(*names: str, right: tuple[int, ...]) -> Table:
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for place, name in enumerate(names):
        grid.add_column(name, justify="right" if place in right else "left")
    return grid


def _assumptions(valued: "ValuedContracts") -> str:
    run, fit = valued.run, valued.valuation.fit
    model = f" · {fit.choice.model}" if fit is not None else ""
    return (
        f"as of {run['as_of']}{model} · renewed by the {run['unit']} · horizon {run['horizon']} · value cap "
        f"{run['value_cap']} · discount {percent(run['annual_discount'])} a year · margin {percent(run['margin'])} · "
        f"{run['seconds']:.1f} s"
    )
