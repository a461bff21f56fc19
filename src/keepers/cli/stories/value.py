"""The story of a valuation, told in a terminal: what was read, what the base is worth, who, and how far to trust it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from keepers.clv.inference.gathered_words import gathered
from keepers.core.money import money, money_range
from keepers.core.percent import percent
from keepers.core.periods import Period
from keepers.insight.wording import plural
from keepers.valuation.groups import GROUPS

if TYPE_CHECKING:
    from keepers.valuation.valuing import Valuation

GROUP_STYLES = {
    "best": "green",
    "promising": "cyan",
    "steady": "blue",
    "one-time": "yellow",
    "slipping": "magenta",
    "lost": "bright_black",
}
MEANINGS = {
    "best": "the fewest who hold half of what the active are worth",
    "promising": "few orders so far, or a high end as good as the best",
    "steady": "come back, ordinary worth",
    "one-time": "ordered on one day only",
    "slipping": "came back before, may be leaving",
    "lost": "less than 1 in 4 still a customer",
}
SHOWN = 5


class Told(Protocol):
    """What a story needs: `value_orders` and a run of the workspace both have it."""

    @property
    def input(self) -> dict[str, Any]:
        """The account of what was read."""

    @property
    def run(self) -> dict[str, Any]:
        """Version and assumptions."""

    @property
    def valuation(self) -> "Valuation":
        """Fit, totals, backtest and warnings."""

    @property
    def table(self) -> pa.Table:
        """One row a customer."""


def tell(valued: Told, *, names: Mapping[str, str] | None = None, console: Console | None = None) -> None:
    """Print the story.

    Args:
        valued: what `value_orders` found.
        names: names to print instead of customer ids, where there are any.
        console: where to print; standard output if not given.
    """
    out = console or Console(markup=False, emoji=False)  # a customer may be called [b]
    out.print()
    _tell_input(out, valued)
    if valued.valuation.fit is not None:
        _tell_base(out, valued)
        _tell_groups(out, valued)
        _tell_customers(out, valued, names or {})
    _tell_trust(out, valued)
    _tell_warnings(out, valued.valuation.warnings)
    out.print(Text(_assumptions(valued), style="dim"))
    out.print()


def input_lines(counted: Mapping[str, Any]) -> list[str]:
    """The account of what was read, in sentences, the most important first."""
    return [_input_sentence(counted), *_input_details(counted)]


def _tell_input(out: Console, valued: Told) -> None:
    counted = valued.input
    out.print(Text("What was read", style="bold"))
    out.print(Padding(_input_sentence(counted), (0, 0, 0, 2)))
    for line in _input_details(counted):
        out.print(Padding(Text(line, style="dim"), (0, 0, 0, 2)))
    out.print()


def _input_sentence(counted: Mapping[str, Any]) -> str:
    revenue = f", {money(counted['revenue'], counted['currency'])} of revenue" if counted["revenue"] is not None else ""
    return (
        f"{plural(counted['customers'], 'customer')} with {plural(counted['orders'], 'order')}{revenue}, "
        f"{counted['first_order']} to {counted['last_order']}."
    )


def _input_details(counted: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{plural(counted['rows_read'], 'row')} read = {counted['rows_accepted']:,} accepted + "
        f"{counted['rows_rejected']:,} rejected."
    )
    if counted["mapping"]:
        yield "Columns: " + ", ".join(f"{column} ← {header}" for column, header in counted["mapping"].items()) + "."
    for reason, count in counted["rejected"].items():
        lost = f" ({money(count['money'], counted['currency'])})" if count["money"] else ""  # often no amount was read
        yield f"Rejected: {plural(count['rows'], 'row')}, {reason}{lost}."
    if counted["rows_without_customer"]:
        lost = money(counted["revenue_without_customer"], counted["currency"])
        rows = plural(counted["rows_without_customer"], "row names", "rows name")
        yield f"{rows} no customer ({lost}): in totals, in nobody's history."
    if counted["rows_after_as_of"]:
        yield f"{plural(counted['rows_after_as_of'], 'row is', 'rows are')} later than the as-of date and set aside."
    if counted["returns"]["lines"]:
        returns = plural(counted["returns"]["lines"], "return")
        yield f"{returns}, {counted['returns']['matched']:,} matched to their orders."
    cancelled = counted.get("rows_cancelled", 0)
    if cancelled:
        yield f"{plural(cancelled, 'row was', 'rows were')} cancelled: on record, and worth nothing."
    for kind in ("postage", "fee", "adjustment"):
        if count := _but_cancelled(kind, counted["lines_by_kind"].get(kind), cancelled):
            yield _no_products(kind, count, counted["currency"])
    yield from counted["notes"]


def _but_cancelled(kind: str, count: Mapping[str, Any] | None, cancelled: int) -> Mapping[str, Any] | None:
    """The lines of a kind without those of cancelled orders, which are adjustments worth nothing; None: no others."""
    rows = count["rows"] - (cancelled if kind == "adjustment" else 0) if count else 0
    return {**count, "rows": rows} if count and rows else None


def _no_products(kind: str, count: Mapping[str, Any], currency: str | None) -> str:
    return f"{plural(count['rows'], f'{kind} line')} ({money(count['money'], currency)}): no products."


def _tell_base(out: Console, valued: Told) -> None:
    totals, run = valued.valuation.totals, valued.run
    out.print(Text("What the base is worth", style="bold"))
    orders = totals["expected_orders"]
    if totals["residual_value"] is not None:
        worth, currency = totals["residual_value"], run["currency"]
        headline = Text.assemble(
            "Customer equity ",
            (money(worth["mean"], currency), "bold"),
            (f"  [{money_range(worth['low'], worth['high'])}]", "dim"),
            f", the discounted margin of the next {Period.parse(run['value_cap']).in_words()}. ",
            *_shares(valued),
        )
        out.print(Padding(headline, (0, 0, 0, 2)))
        for sentence in _newcomers(totals.get("new_customers", ()), currency):
            out.print(Padding(sentence, (0, 0, 0, 2)))
    alive = totals["probability_alive"]["mean"]
    out.print(
        Padding(
            f"{alive * totals['customers']:,.0f} of {totals['customers']:,} are probably still customers. "
            f"They will order {_times(orders['mean'])} [{orders['low']:,.0f} – {orders['high']:,.0f}] "
            f"within {Period.parse(run['horizon']).in_words()}.",
            (0, 0, 0, 2),
        )
    )
    fit = valued.valuation.fit
    for sentence in () if fit is None else (*fit.who_words(), *fit.promotion_words(), fit.choice.reason):
        out.print(Padding(sentence, (0, 0, 0, 2)))
    out.print()


def _times(orders: float) -> str:
    count = f"{orders:,.0f}"
    return "once" if count == "1" else f"{count} times"


def _shares(valued: Told) -> Iterator[str]:
    """Who holds the worth and how far ahead it lies; nothing where there is none."""
    totals = valued.valuation.totals
    if totals["share_of_value_top_20_percent"] is not None:
        yield f"The top fifth of the customers holds {percent(totals['share_of_value_top_20_percent'])} of it. "
    if valued.valuation.backtest is None:
        yield "No backtest has tested any of it."
    elif totals["share_of_value_beyond_backtest"] is not None:
        yield f"{percent(totals['share_of_value_beyond_backtest'])} of it lies further ahead than the backtest looked."


def _newcomers(found: Sequence[Mapping[str, Any]], currency: str | None) -> Iterator[str]:
    """What a new customer is worth, and one of each source, unless the ranges of these cover each other."""
    worths = [one["lifetime_value"] for one in found if one["source"] != "all"]
    alike = len(worths) > 1 and max(worth["low"] for worth in worths) <= min(worth["high"] for worth in worths)
    for one in found[: SHOWN + 1]:
        if one["source"] == "all" or not alike:
            yield _newcomer(one, currency)
    if alike:
        kinds = dict.fromkeys(one["source"].partition(": ")[0] for one in found if one["source"] != "all")
        yield f"By {' and '.join(kinds)} no difference shows."


def _newcomer(found: Mapping[str, Any], currency: str | None) -> str:
    worth, one = found["lifetime_value"], found["one_customer"]
    whose = "A new customer" if found["source"] == "all" else f"One from {found['source']}"
    return (
        f"{whose} is worth {money(worth['mean'], currency)} [{money_range(worth['low'], worth['high'])}] on average, "
        f"the first order included; nine in ten turn out at {money_range(one['low'], one['high'])}."
    )


def _tell_groups(out: Console, valued: Told) -> None:
    table, currency = valued.table, valued.run["currency"]
    has_money = valued.valuation.totals["residual_value"] is not None
    worth = "residual_value" if has_money else "expected_orders"
    rows = {row["group"]: row for row in _by_group(table, worth).to_pylist()}
    total = sum(row["worth"] for row in rows.values()) or 1.0
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name, side in (("", "left"), ("customers", "right"), ("worth", "right"), ("share", "right"), ("", "left")):
        grid.add_column(name, justify=side)  # type: ignore[arg-type]  # rich wants a literal
    for group in GROUPS:
        if row := rows.get(group):
            amount = money(row["worth"], currency) if has_money else f"{row['worth']:,.0f} orders"
            share = percent(row["worth"] / total)
            grid.add_row(
                Text(group, style=GROUP_STYLES[group]), f"{row['customers']:,}", amount, share, MEANINGS[group]
            )
    out.print(Text("Who they are", style="bold"))
    out.print(Padding(grid, (0, 0, 0, 2)))
    out.print()


def _by_group(table: pa.Table, worth: str) -> pa.Table:
    grouped = table.group_by("group").aggregate([("customer_id", "count"), (worth, "sum")])
    return grouped.rename_columns(["group", "customers", "worth"])


def _tell_customers(out: Console, valued: Told, names: Mapping[str, str]) -> None:
    for group, title in (("best", "The best"), ("slipping", "Slipping, by what is at stake")):
        members = valued.table.filter(pc.equal(valued.table["group"], group))
        if members.num_rows:
            out.print(Text(title, style="bold"))
            out.print(Padding(_customers(members, valued, names), (0, 0, 0, 2)))
            out.print()


def _customers(members: pa.Table, valued: Told, names: Mapping[str, str]) -> Table:
    has_money = valued.valuation.totals["residual_value"] is not None
    worth = "residual_value" if has_money else "expected_orders"
    low, high = ("residual_value_low", "residual_value_high") if has_money else ("orders_low", "orders_high")
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name, side in (
        ("customer", "left"),
        (worth.replace("_", " "), "right"),
        ("90 % range", "right"),
        ("active", "right"),
        ("why", "left"),
    ):
        grid.add_column(name, justify=side)  # type: ignore[arg-type]  # rich wants a literal
    for row in members.sort_by([(worth, "descending")]).slice(0, SHOWN).to_pylist():
        figure = money(row[worth], valued.run["currency"]) if has_money else f"{row[worth]:.1f}"
        span = money_range(row[low], row[high]) if has_money else f"{row[low]:.0f} – {row[high]:.0f}"
        chance = _in_ten(row["probability_alive"])
        grid.add_row(names.get(row["customer_id"], row["customer_id"]), figure, span, chance, row["reason"])
    return grid


def _in_ten(probability: float) -> str:
    tenths = round(10 * probability)
    return {0: "< 1 in 10", 10: "> 9 in 10"}.get(tenths, f"{tenths} in 10")


def _tell_trust(out: Console, valued: Told) -> None:
    backtest = valued.valuation.backtest
    if backtest is None:
        return
    out.print(Text("How far to trust this", style="bold"))
    scores, orders = backtest.scores, backtest.scores["total_orders"]
    fit = valued.valuation.fit
    anew = "" if fit is None or fit.choice.label == backtest.model else " (chosen anew on the shorter history)"
    out.print(Padding(backtest.grade.sentence(), (0, 0, 0, 2)))
    out.print(
        Padding(
            f"Held out: {backtest.calibration_end:%-d %b %Y} to {backtest.holdout_end:%-d %b %Y}, "
            f"{backtest.customers:,} customers, model {backtest.model}{anew}. "
            f"Orders: {orders['actual']:,.0f} actual, {orders['mean']:,.0f} forecast "
            f"[{orders['low']:,.0f} – {orders['high']:,.0f}]. "
            f"The 90 % ranges held {percent(scores['coverage']['90'])} of the customers.",
            (0, 0, 0, 2),
        )
    )
    grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    grid.add_column("ranked by")
    grid.add_column("best tenth found", justify="right")
    grid.add_column("later value they hold", justify="right")
    for name, ranks in (("Keepers", scores), *backtest.rules.items()):
        held = ranks["value_captured"]["top_10_percent"]
        grid.add_row(name.replace("_", " "), percent(ranks["top_10_percent"]), "–" if held is None else percent(held))
    out.print(Padding(grid, (0, 0, 0, 2)))
    out.print()


def _tell_warnings(out: Console, warnings: tuple[str, ...]) -> None:
    for warning in gathered(warnings):
        out.print(Padding(Text(f"! {warning}", style="yellow"), (0, 0, 0, 2)))
    if warnings:
        out.print()


def _assumptions(valued: Told) -> str:
    run = valued.run
    fit = valued.valuation.fit
    model = f" · {fit.choice.label}" if fit is not None else ""
    currency = f" · {run['currency']}" if run["currency"] else ""
    return (
        f"as of {run['as_of']}{model} · horizon {run['horizon']} · value cap {run['value_cap']} · "
        f"discount {percent(run['annual_discount'])} a year · margin {percent(run['margin'])}{currency} · "
        f"{run['seconds']:.1f} s"
    )
