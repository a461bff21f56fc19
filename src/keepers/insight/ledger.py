"""The ledger of customer equity: how the worth of the base moved from one run to the next, and why."""

import pyarrow as pa

from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, Scope, ask
from keepers.insight.pictures import Waterfall
from keepers.insight.runs import Run, opening_run_in, run_in
from keepers.warehouse.store import Store

MEANINGS = {
    "opening": "residual value of the base in the opening run",
    "new": "value of the customers whom the opening run did not have",
    "grown": "rise of customers who ordered since",
    "lapsed": "fall of customers who did not order while time passed",
    "re-estimated": "changes that orders do not explain",
    "closing": "residual value of the base in the closing run",
}


def answer(store: Store, scope: Scope) -> Answer:
    """How did the worth of the base move between two runs: opening + new + grown − lapsed ± re-estimated = closing?

    Each customer's whole change is on one line, in whole cents, so the lines add up exactly:

    * new: in the closing run, not in the opening one. Its value in the closing run.
    * grown: in both, ordered after the opening run's `as_of`, value rose. The rise.
    * lapsed: in both, no order since, value fell although nothing but time passed. The fall.
    * re-estimated: every other change. A fall in spite of an order, a rise without one (the parameters or the
      assumptions moved), customers whose data were removed; and all changes when both runs have the same `as_of`.

    A run's new parameters also move customers who ordered or lapsed; that part stays on those lines. To see the effect
    of parameters or assumptions alone, run twice on the same day.

    Raises:
        MissingForInsightError: there are not two runs with values.
    """
    closing, opening = run_in(store, scope), opening_run_in(store, scope)
    found = {row["line"]: row for row in ask(store, "insight_ledger", scope).to_pylist()}
    nothing = {"customers": 0, "cents": 0}
    rows = [
        {
            "line": line,
            "customers": found.get(line, nothing)["customers"],
            "amount": found.get(line, nothing)["cents"] / 100,
            "meaning": meaning,
        }
        for line, meaning in MEANINGS.items()
    ]
    return Answer(
        finding=_finding({row["line"]: row["amount"] for row in rows}, opening, closing),
        definition=f"Residual value from {wording.day(opening.as_of)} to {wording.day(closing.as_of)}. Each customer's "
        "change is on one line.",
        rows=pa.Table.from_pylist(rows),
        picture=Waterfall("line", "amount", ends=("opening", "closing")),
        currency=closing.currency,
        notes=_note(opening, closing),
    )


def _finding(amounts: dict[str, float], opening: Run, closing: Run) -> str:
    worth, before = amounts["closing"], amounts["opening"]
    change = worth - before
    moves = {line: amounts[line] for line in ("new", "grown", "lapsed", "re-estimated")}
    main = max(moves, key=lambda line: moves[line] if change >= 0 else -moves[line])
    by = f" {wording.share(abs(change) / before)}" if before > 0 else ""
    direction = "up" if change > 0 else "down"
    moved = "unchanged since" if change == 0 else f"{direction}{by} on"
    mostly = "" if change == 0 else f", mostly {main} ({wording.money(moves[main], closing.currency)})"
    return f"The base is worth {wording.money(worth, closing.currency)}, {moved} {wording.day(opening.as_of)}{mostly}."


def _note(opening: Run, closing: Run) -> tuple[str, ...]:
    if opening.currency == closing.currency:
        return ()
    return (f"The opening run is in {opening.currency}, the closing one in {closing.currency}: they do not compare.",)


INSIGHT = Insight("ledger", "How did the worth of the base move since the run before, and why?", answer)
