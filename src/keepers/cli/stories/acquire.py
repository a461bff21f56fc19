"""The story of whom to win next, told in a terminal: the profile, what look-alikes are worth, the first prospects."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from keepers.core.money import money, money_range
from keepers.core.percent import percent
from keepers.insight.questions.profile import said_of

if TYPE_CHECKING:
    import pyarrow as pa

    from keepers.loop.market.acquiring import Acquired

SHOWN = 10


def tell_acquired(found: "Acquired", out: Path | None, *, console: Console | None = None) -> None:
    """Print it on standard output, or where asked."""
    to = console or Console(markup=False, emoji=False, highlight=False)
    to.print()
    to.print(said_of(found.profile, f"the {found.group}" if found.group == "best tenth" else found.group))
    if found.profile:
        to.print(Padding(_profile(found), (1, 0, 1, 0)))
    for each in found.left_out:
        to.print(f"Not used: {each.name}, since {each.why}.", style="dim")
    to.print(found.sentence())
    if found.prospects is not None and found.prospects.num_rows:
        to.print(Padding(_prospects(found.prospects, found.currency), (1, 0, 1, 0)))
    if out is not None:
        to.print(f"Written to {out}.")
    to.print()


def _profile(found: "Acquired") -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("Attribute", "Value", "Of all", "Of these", "Times", "Range", "Clear"):
        table.add_column(name, justify="left" if name in {"Attribute", "Value", "Clear"} else "right")
    for each in found.profile[:SHOWN]:
        table.add_row(
            each.attribute, each.level, percent(each.share, 1), percent(each.share_of_chosen, 1), f"{each.times:.2f}",
            f"{each.times_low:.2f} to {each.times_high:.2f}", "yes" if each.is_clear else "no",
        )  # fmt: skip
    return table


def _prospects(people: "pa.Table", currency: str | None) -> Table:
    table = Table(box=None, pad_edge=False)
    first = people.column_names[0]
    for name in ("Rank", first, "Worth if won", "Range", "Why"):
        table.add_column(name, justify="right" if name in {"Rank", "Worth if won"} else "left")
    for row in people.slice(0, SHOWN).to_pylist():
        worth, low, high = (row[f"lifetime_value{end}"] for end in ("", "_low", "_high"))
        told = f"{row['times_usual']:.2f} times the usual" if worth is None else money(worth, currency)
        ends = money_range(low, high)
        table.add_row("–" if row["rank"] is None else f"{row['rank']:,}", str(row[first]), told, ends, row["reason"])
    return table
