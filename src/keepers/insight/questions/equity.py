"""Equity: what the base is worth, and with which tenth of the customers that worth sits."""

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, Needs, Scope, ask, with_column
from keepers.insight.drawings.pictures import Bars
from keepers.insight.runs import Run, run_in, values_of
from keepers.warehouse.store import Store


def answer(store: Store, scope: Scope) -> Answer:
    """What is the base worth, and how much of it is with each tenth of the customers?

    Equity is the sum of the residual values; its interval is the run's own, from joint draws, since intervals of
    customers do not add up to one.

    Raises:
        MissingForInsightError: no run has valued the customers, or the orders have no money.
    """
    run = run_in(store, scope)
    rows = values_of(ask(store, "insight_tenths", scope))
    return Answer(
        finding=_finding(rows, run),
        definition=Told.of(
            "Residual value: discounted margin still to come, as of %(day)s. Tenths of the customers by that value, "
            "the most valuable first.",
            day=wording.day(run.as_of),
        ),
        rows=rows,
        drawn=with_column(rows, "value", [f"tenth {tenth}" for tenth in rows["tenth"].to_pylist()]),
        picture=Bars("value", "residual_value"),
        currency=run.currency,
    )


def _finding(rows: pa.Table, run: Run) -> str:
    worth = sum(rows["residual_value"].to_pylist())
    interval = run.base.get("residual_value") or {}
    told = wording.money(worth, run.currency)
    if interval.get("low") is not None and interval.get("high") is not None:
        low, high = (wording.money(interval[end], run.currency) for end in ("low", "high"))
        told = Told.of("%(mean)s (%(low)s to %(high)s)", mean=told, low=low, high=high)
    first = rows.slice(0, 1).to_pylist()[0]
    words = "The base is worth %(worth)s; the first tenth of the customers holds %(share)s of it."
    return Told.of(words, worth=told, share=wording.share(first["share"]))


INSIGHT = Insight("equity", "What is the base worth, and who holds that worth?", answer, Needs.VALUES)
