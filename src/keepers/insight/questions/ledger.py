"""The ledger of customer equity: how the worth of the base moved from one run to the next, and why."""

from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, Needs, Scope, ask
from keepers.insight.drawings.pictures import Waterfall
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
MOVERS = {
    "new": "%(people)s who came new",
    "grown": "%(people)s who ordered",
    "lapsed": "%(people)s who did not order",
    "re-estimated": "estimates that moved (%(people)s)",
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
        finding=_finding(rows, opening, closing),
        definition=Told.of(
            "Residual value from %(begins)s to %(ends)s. Each customer's change is on one line.",
            begins=wording.day(opening.as_of),
            ends=wording.day(closing.as_of),
        ),
        rows=pa.Table.from_pylist(rows),
        picture=Waterfall("line", "amount", ends=("opening", "closing")),
        currency=closing.currency,
        notes=_note(opening, closing),
    )


def _finding(rows: list[dict[str, Any]], opening: Run, closing: Run) -> str:
    lines = {row["line"]: row for row in rows}
    worth, before = lines["closing"]["amount"], lines["opening"]["amount"]
    change = worth - before
    told = {"worth": wording.money(worth, closing.currency), "day": wording.day(opening.as_of)}
    if change == 0:
        return Told.of("The base is worth %(worth)s, unchanged since %(day)s.", **told)
    main = max(MOVERS, key=lambda line: lines[line]["amount"] * (1 if change > 0 else -1))
    told |= {
        "by": wording.share(abs(change) / before) if before > 0 else Told.of("from nothing"),
        "amount": wording.money(abs(lines[main]["amount"]), closing.currency),
        "who": Told.of(MOVERS[main], people=wording.plural(lines[main]["customers"], "customer")),
    }
    if change > 0:
        return Told.of("The base is worth %(worth)s, up %(by)s since %(day)s, mostly %(amount)s from %(who)s.", **told)
    return Told.of("The base is worth %(worth)s, down %(by)s since %(day)s, mostly %(amount)s from %(who)s.", **told)


def _note(opening: Run, closing: Run) -> tuple[str, ...]:
    if opening.currency == closing.currency:
        return ()
    words = "The opening run is in %(before)s, the closing one in %(now)s: they do not compare."
    return (Told.of(words, before=opening.currency, now=closing.currency),)


INSIGHT = Insight("ledger", "How did the worth of the base move since the run before, and why?", answer, Needs.TWO_RUNS)
