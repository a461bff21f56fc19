"""The story of a plan, told in a terminal: what to spend on whom, what it should add, and what that rests on."""

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from keepers.core.money import money, money_range
from keepers.decisions.lines import DECISIONS

if TYPE_CHECKING:
    from keepers.loop.plans.making import PlannedFile


NO_TRIALS_THERE = "There no trial would begin: it is in doubt with too few of these customers whether an action pays."

RETURNS_OF_A_FILE = (
    "A file holds no silences that ended: chances to win somebody back are told by each customer's mean gap and are "
    "rather too low, so that the plan of a workspace with the same customers (keepers run) may differ."
)


def tell_plan(planned: "PlannedFile", *, console: Console | None = None) -> None:
    """Print the story of a plan on standard output, or where asked."""
    out = console or Console(markup=False, emoji=False)
    told, currency = planned.plan.as_json(), planned.valued.run.get("currency")
    currency = None if currency == "None" else currency
    out.print()
    out.print(planned.plan.sentence(currency))
    if planned.plan.terms.trial.share > 0:
        begin = planned.plan.trials_next
        out.print(
            "Trials by lot need a workspace (keepers run): here [trial] is left out, and assumptions are spent on. "
            + (f"There the next run would begin trials of {', '.join(begin)}." if begin else NO_TRIALS_THERE)
        )
    out.print(RETURNS_OF_A_FILE)
    out.print(Padding(_decisions(told, currency), (1, 0, 1, 0)))
    out.print(f"Beyond {money(told['frontier']['stops_paying'], currency)} no further spending pays.")
    if told["prices"]["money"] > 0:
        out.print(f"One more unit of money would add {told['prices']['money']:.2f} after its cost.")
    stop, lost = told["stopping"], told["stopping"]["margin_lost"]
    out.print(
        f"Of {stop['mailings']} mailings a year, stopping those of {stop['stopped']:,} customers saves "
        f"{money(stop['saved'], currency)} and loses {money(lost['mean'], currency)} "
        f"({money_range(lost['low'], lost['high'])}) of margin.",
    )
    out.print(Text(_evidence(told, currency), style="dim"))
    out.print()


def _decisions(told: dict[str, Any], currency: str | None) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("Decision", "Customers", "Cost", "Expected gain"):
        table.add_column(name, justify="left" if name == "Decision" else "right")
    rows = {row["decision"]: row for row in told["decisions"]}
    for word in DECISIONS:
        if row := rows.get(word):
            cost, gain = money(row["cost"], currency), money(row["expected_gain"], currency)
            table.add_row(word, f"{row['customers']:,}", cost, gain)
    return table


def _evidence(told: dict[str, Any], currency: str | None) -> str:
    known = told["gain_on_evidence"]
    if known == 0:
        return (
            "All of this gain rests on assumptions about what contact does, not on evidence: see the column evidence. "
            "Keep a held-out group, and the next plan knows better."
        )
    return f"Of this gain {money(known, currency)} rests on evidence, the rest on assumptions."
