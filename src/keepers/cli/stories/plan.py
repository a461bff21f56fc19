"""The story of a plan, told in a terminal: what to spend on whom, what it should add, and what that rests on."""

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from keepers.core.money import money, money_range
from keepers.core.percent import percent
from keepers.decisions.terms.doing import DECISIONS, GIVEN_UP

if TYPE_CHECKING:
    from keepers.decisions.terms.terms import Terms
    from keepers.loop.plans.making import PlannedFile


NO_TRIALS_THERE = "There no trial would begin: it is in doubt with too few of these customers whether an action pays."

RETURNS_OF_A_FILE = (
    "A file does not tell how often customers who were silent for long came back. So the chance to win somebody back "
    "is guessed from the usual time between their orders, rather too low; a workspace (keepers run) knows better, and "
    "its plan may differ."
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
    out.print(Padding(_decisions(told, currency), (1, 0, 1, 0)))
    out.print(f"Beyond {money(told['frontier']['stops_paying'], currency)} no further spending pays.")
    if told["prices"]["money"] > 0:
        out.print(f"One more unit of money would add {told['prices']['money']:.2f} after its cost.")
    out.print(_stopping(told["stopping"], planned.plan.terms, currency))
    out.print(_exposed(told))
    out.print(Text(_evidence(told, currency), style="dim"))
    out.print(Text(RETURNS_OF_A_FILE, style="dim"))
    out.print()


def _stopping(stop: dict[str, Any], terms: "Terms", currency: str | None) -> str:
    """What stopping mailings saves and loses: of those that the firm told of, or of as many as may be sent."""
    lost, sent = stop["margin_lost"], f"{stop['mailings']} mailings a year"
    if terms.now_mailings:
        begins = f"Of {sent}"
    else:
        is_told = any(name.startswith("mailing.") for name in terms.given)
        note = "" if is_told else " (assumed: write [mailing] and [now] in a costs file)"
        begins = f"If everybody gets {sent}, together {money(stop['cost'], currency)} a customer{note}"
    return (
        f"{begins}, stopping those of {stop['stopped']:,} customers saves {money(stop['saved'], currency)} and loses "
        f"{money(lost['mean'], currency)} ({money_range(lost['low'], lost['high'])}) of margin."
    )


def _exposed(told: dict[str, Any]) -> str:
    """How much hangs on a few whom a rival could take, and on how many more if those given up leave."""
    held = told["value_held_by_top_tenth"]
    up = sum(row["customers"] for row in told["decisions"] if row["decision"] in GIVEN_UP)
    now, then = percent(held["before"]), percent(held["without_stopped"])
    said = f"The top tenth of the customers bring {now} of the margin to come"
    then = "hardly more" if then == now else then
    said += f"; {then} if the {up:,} whom it gives up (stop spending, let go) leave." if up else "."
    if held["kept_back"]:
        said += (
            f" {held['kept_back']:,} who cost more than they bring are not let go: without them the top tenth would "
            f"bring {percent(held['without_proposed'])}, too much for a rival to take."
        )
    return said


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
