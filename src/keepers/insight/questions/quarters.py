"""Quarters: value against the chance of being active, in four fields with a plain name each."""

from math import floor, log10
from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, Needs, Scope, ask
from keepers.insight.drawings.pictures import Scatter
from keepers.insight.runs import run_in, values_of
from keepers.warehouse.store import Store

EVEN, FOUR_IN_FIVE, ONE_IN_FIVE = 0.5, 0.8, 0.2
LEAST_SIDE = 0.05  # share of the customers that each side of the even chance must hold

NAMES = {(True, True): "keep close", (True, False): "win back", (False, True): "grow", (False, False): "let rest"}
ENDS = ("value_from", "value_below", "alive_from", "alive_below")
CORNERS = ("let rest", "grow", "win back", "keep close")  # as the scatter wants them, from low to high


def answer(store: Store, scope: Scope) -> Answer:
    """Who is worth much or little, and still active or hardly?

    Value parts at the mean per customer, to two digits; the chance active at one half; where nearly everyone is above
    that, at four in five, where nearly everyone is below, at one in five. Worth much although hardly active is who
    would bring much if they came back.

    Raises:
        MissingForInsightError: no run has valued the customers, or the orders have no money.
    """
    run = run_in(store, scope)
    cuts = ask(store, "insight_cuts", scope).to_pylist()[0]
    value_cut, alive_cut = _two_digits(cuts.get("value_per_head") or 0.0), _alive_cut(cuts)
    parted = {"value_cut": value_cut, "alive_cut": alive_cut}
    found = values_of(ask(store, "insight_quarters", scope, **parted)).to_pylist()
    rows = _rows(found, value_cut, alive_cut)
    worth, chance = wording.money(value_cut, run.currency), wording.share(alive_cut)
    return Answer(
        finding=_finding({row["quarter"]: row for row in rows}, run.currency),
        definition=Told.of(
            "Worth much: %(worth)s or more, the mean per customer. Active: a chance of %(chance)s or more of still "
            "being a customer. As of %(day)s.",
            worth=worth,
            chance=chance,
            day=wording.day(run.as_of),
        ),
        rows=pa.Table.from_pylist(rows),
        shown=pa.Table.from_pylist(rows).drop_columns(list(ENDS)),
        drawn=_points(ask(store, "insight_spread", scope, **parted)),
        picture=Scatter(
            "probability_alive",
            "residual_value",
            "customers",
            "quarter",
            (alive_cut, value_cut),
            CORNERS,
            "Chance that the customer is still active",
            "Residual value",
        ),
        currency=run.currency,
        notes=("A point stands for the customers around it: the larger, the more.",),
    )


def _two_digits(amount: float) -> float:
    """An amount that one can say, so that a list filtered by it reads well."""
    if amount <= 0:
        return 0.0
    place = floor(log10(amount)) - 1
    return float(round(amount, -place))


def _alive_cut(cuts: dict[str, Any]) -> float:
    share = cuts.get("share_alive")
    if share is None or LEAST_SIDE <= share <= 1 - LEAST_SIDE:
        return EVEN
    return FOUR_IN_FIVE if share > EVEN else ONE_IN_FIVE


def _rows(found: list[dict[str, Any]], value_cut: float, alive_cut: float) -> list[dict[str, Any]]:
    """One row a quarter, the empty ones too, each with the ends that a list is filtered by."""
    by_name = {NAMES[row["is_worth_more"], row["is_active"]]: row for row in found}
    customers = sum(row["customers"] for row in found)
    total = sum(row["residual_value"] for row in found)
    rows = []
    for (is_worth_more, is_active), name in NAMES.items():
        row = by_name.get(name, {"customers": 0, "residual_value": 0.0, "probability_alive": None})
        rows.append(
            {
                "quarter": name,
                "customers": row["customers"],
                "share_of_customers": row["customers"] / customers,
                "residual_value": row["residual_value"],
                "share": row["residual_value"] / total if total > 0 else None,
                "value_per_head": row["residual_value"] / row["customers"] if row["customers"] else None,
                "probability_alive": row["probability_alive"],
                "value_from": value_cut if is_worth_more else None,
                "value_below": None if is_worth_more else value_cut,
                "alive_from": alive_cut if is_active else None,
                "alive_below": None if is_active else alive_cut,
            }
        )
    return rows


def _points(spread: pa.Table) -> pa.Table:
    points = [
        {
            "quarter": NAMES[row["is_worth_more"], row["is_active"]],
            "probability_alive": row["probability_alive"],
            "residual_value": row["residual_value"],
            "customers": row["customers"],
        }
        for row in spread.to_pylist()
    ]
    return pa.Table.from_pylist(points)


def _finding(quarters: dict[str, dict[str, Any]], currency: str | None) -> str:
    close, back = quarters["keep close"], quarters["win back"]
    people = wording.plural(close["customers"], "customer")
    held = Told.of(
        "%(people)s is worth much and likely active: %(share)s of the value",
        "%(people)s are worth much and likely active: %(share)s of the value",
        close["customers"],
        people=people,
        share=wording.share(close["share"]),
    )
    if not back["customers"]:
        return Told.of("%(held)s; nobody else is worth as much.", held=held)
    return Told.of(
        "%(held)s; %(others)s worth as much may be leaving, with %(worth)s.",
        held=held,
        others=wording.plural(back["customers"], "other"),
        worth=wording.money(back["residual_value"], currency),
    )


INSIGHT = Insight("quarters", "Who is worth much or little, and still active or hardly?", answer, Needs.VALUES)
