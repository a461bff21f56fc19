"""New customers: what the next one is worth, first order included, by what brought them."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Needs, Scope
from keepers.insight.drawings.pictures import Bars
from keepers.insight.runs import Run, run_in
from keepers.warehouse.store import Store

EVERYWHERE, EVERYBODY = "all", "all new customers"
SAME_ORDERS = "The orders to come are those of all new customers; sources differ here by what their orders are worth."


def answer(store: Store, scope: Scope) -> Answer:
    """What is a new customer worth, and by how much does that differ by where they come from?

    The figures are the run's own: means of many newcomers, with the range of that mean.

    Raises:
        MissingForInsightError: no run has valued the customers, or the orders have no money.
    """
    run = run_in(store, scope)
    found: Sequence[dict[str, Any]] = run.base.get("new_customers") or ()
    if not found:
        raise MissingForInsightError(
            "The run does not say what a new customer is worth: the orders carry no amounts, or are too few."
        )
    rows = pa.Table.from_pylist([_row(each) for each in [found[0], *_by_worth(found[1:])]])
    return Answer(
        finding=_finding(found, run),
        definition="Lifetime value: margin of the first order and discounted margin of those after it, up to the value "
        "cap; the mean of a source's new customers with the range of that mean.",
        rows=rows,
        picture=Bars("source", "lifetime_value", low="value_low", high="value_high"),
        currency=run.currency,
        notes=tuple(_notes(found, run)),
    )


def _row(each: dict[str, Any]) -> dict[str, Any]:
    worth = each["lifetime_value"]
    return {
        "source": EVERYBODY if each["source"] == EVERYWHERE else each["source"],
        "customers": each["customers"],
        "first_order_value": each["first_order_value"],
        "expected_orders": each["expected_orders"],
        "lifetime_value": worth["mean"],
        "value_low": worth["low"],
        "value_high": worth["high"],
    }


def _by_worth(sources: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(sources, key=lambda each: -float(each["lifetime_value"]["mean"]))


def _finding(found: Sequence[dict[str, Any]], run: Run) -> str:
    worth, sources = _worth(found[0], run), _by_worth(found[1:])
    if len(sources) < 2:
        return Told.of("A new customer is worth %(worth)s, first order included.", worth=worth)
    most, least = sources[0], sources[-1]
    return Told.of(
        "A new customer is worth %(worth)s, first order included: most from %(most)s, %(most_worth)s; least from "
        "%(least)s, %(least_worth)s.",
        worth=worth,
        most=most["source"],
        most_worth=_worth(most, run),
        least=least["source"],
        least_worth=_worth(least, run),
    )


def _worth(each: dict[str, Any], run: Run) -> str:
    mean, low, high = (wording.money(each["lifetime_value"][name], run.currency) for name in ("mean", "low", "high"))
    return Told.of("%(mean)s (%(low)s to %(high)s)", mean=mean, low=low, high=high)


def _notes(found: Sequence[dict[str, Any]], run: Run) -> list[str]:
    low, high = (wording.money(found[0]["one_customer"][name], run.currency) for name in ("low", "high"))
    words = "A single one differs more than the mean: nine in ten are worth %(low)s to %(high)s."
    notes: list[str] = [Told.of(words, low=low, high=high)]
    orders = {round(float(each["expected_orders"]), 9) for each in found[1:]}
    return [*notes, SAME_ORDERS] if len(found) > 2 and len(orders) == 1 else notes


INSIGHT = Insight("new-customers", "What is a new customer worth, by what brought them?", answer, Needs.VALUES)
