"""What a log's own past says: how far rates drift, what time of year it is, and what orders were worth.

Each is learned by looking from earlier days: fit on what was known then, and compare with what followed. Nothing after
the customers' own last day is read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from keepers.clv import gamma_gamma, log_normal_spend
from keepers.clv.analysis.customers import Customers
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.learning import Learned
from keepers.clv.calendars.turns import LEAST_EVIDENCE, by_week, learn_by_turns, weeks_of, why_no_calendar
from keepers.clv.drift_learning import Look, judge
from keepers.clv.histories import Histories
from keepers.clv.model import PurchaseModel
from keepers.clv.spend import InvalidSpendError, Spend, SpendModel

SPEND_MODELS = {module.NAME: cast("SpendModel", module) for module in (gamma_gamma, log_normal_spend)}
PLAIN_SPEND = gamma_gamma.NAME
MOST_LOOKS = 2
LEAST_DAYS = 14
LEAST_CUSTOMERS = 20
LEAST_PAYING = 50  # customers who paid later, whom a choice between models of spend rests on

Reading = Callable[[Customers, Calendar | None], tuple[PurchaseModel, Histories]]
"""Customers and a calendar -> the model of orders under it, and the histories that it reads."""


@dataclass(frozen=True, slots=True, eq=False)
class Season:
    """The calendar that is used, None where none is, and why in a sentence."""

    calendar: Calendar | None
    reason: str


def looks_of(
    customers: Customers, reads: Reading, calendar_at: Callable[[Customers], Calendar | None]
) -> Iterator[Look]:
    """Forecasts from up to two earlier days, the latest first; none of a mere summary or too short a history.

    Args:
        customers: as they are known now.
        reads: the model of orders.
        calendar_at: the calendar as it was known on the earlier day.
    """
    for earlier, end in earlier_looks(customers):
        assert earlier.as_of is not None
        model, histories = reads(earlier, calendar_at(earlier))
        orders = customers.until(end).later(earlier)[0]
        yield Look(model, model.fit(histories), histories, orders, float(end - earlier.as_of))


def earlier_looks(customers: Customers) -> Iterator[tuple[Customers, int]]:
    """Customers as known on earlier days, and the last day of each window: a third of the history, half a one apart.

    The latest first; none of a mere summary, or where a third of the history tells too little.
    """
    if customers.log is None or customers.as_of is None:
        return
    first = int(customers.log.day.min())
    window = (customers.as_of - first) // 3
    for place in range(MOST_LOOKS if window >= LEAST_DAYS else 0):
        end = customers.as_of - place * (window // 2)
        if end - window - first >= (customers.as_of - first) // 3:
            earlier = customers.until(end - window)
            if len(earlier) >= LEAST_CUSTOMERS and earlier.histories.repeat_orders.any():
                yield earlier, end


def learn_season(customers: Customers, reads: Reading) -> Season:
    """A calendar where it forecast better from earlier days, or where it is new and the weeks plainly tell a season."""
    learned = _learned(customers, reads)
    if isinstance(learned, str):
        return Season(None, learned)
    found: dict[int | None, Learned | str] = {
        earlier.as_of: _learned(earlier, reads) for earlier, _ in earlier_looks(customers)
    }
    calendars = {day: each.calendar for day, each in found.items() if not isinstance(each, str)}
    if not calendars:
        plain = learned.has_season and learned.evidence >= LEAST_EVIDENCE
        why = "The weeks plainly tell a season" if plain else "No earlier day could try whether a calendar helps"
        return Season(learned.calendar if plain else None, f"{why}.")
    without = judge(list(looks_of(customers, reads, lambda _: None))).drift.log_score
    with_it = judge(list(looks_of(customers, reads, lambda earlier: calendars.get(earlier.as_of)))).drift.log_score
    told = f"(mean log score a customer {with_it:.4f} with, {without:.4f} without)"
    if with_it > without:
        return Season(learned.calendar, f"Under a calendar earlier forecasts were better {told}.")
    return Season(None, f"A calendar made no earlier forecast better {told}, so none is used.")


def choose_spend(customers: Customers) -> str:
    """The model of spend under which what customers then paid was likelier; the Gamma-Gamma where that is not told."""
    for earlier, end in earlier_looks(customers):
        later = _paid_later(customers, earlier, end)
        paying = int((later.orders > 0).sum())
        if earlier.spend is None or paying < LEAST_PAYING:
            return PLAIN_SPEND
        scores: dict[str, float] = {}
        for name, model in SPEND_MODELS.items():
            try:
                parameters = model.fit(earlier.spend).parameters
            except InvalidSpendError:
                continue
            score = float(model.log_density(parameters, earlier.spend, later).sum()) / paying
            if np.isfinite(score):
                scores[name] = score
        return max(scores, key=lambda name: scores[name], default=PLAIN_SPEND)
    return PLAIN_SPEND


def seen_from(calendar: Calendar | None, days: float) -> Calendar | None:
    """The calendar as seen from a day so many days later, or earlier where they are below zero."""
    return None if calendar is None else calendar.moved(days / calendar.time_unit_days)


def _learned(customers: Customers, reads: Reading) -> Learned | str:
    """The calendar, or why there is none."""
    if customers.log is None or customers.as_of is None:
        return "No calendar was learned: only a summary of the customers is known."
    log = customers.log
    again = np.append(False, log.customer[1:] == log.customer[:-1])
    weeks, begun = weeks_of(customers.histories)
    days, orders = np.unique(log.day[again], return_counts=True)
    known = float(by_week(days, orders.astype(np.float64), until=customers.as_of, weeks=weeks).sum())
    why = why_no_calendar(customers.histories, known)
    if why is not None:
        return why
    model, histories = reads(replace(customers, traits=()), None)
    weekly = by_week(days, orders.astype(np.float64), until=customers.as_of, weeks=begun)
    return learn_by_turns(model, (histories.distinct()[0],), weekly)


def _paid_later(customers: Customers, earlier: Customers, end: int) -> Spend:
    """What the earlier customers paid after that day until `end`, on occasions with an amount above zero."""
    log: Any = customers.log
    paid = (log.day > earlier.as_of) & (log.day <= end) & (np.nan_to_num(log.value) > 0)
    count = np.bincount(log.customer[paid], minlength=len(customers))
    total = np.bincount(log.customer[paid], weights=log.value[paid], minlength=len(customers))
    place = np.searchsorted(customers.customer_id, earlier.customer_id)
    return Spend.of((total / np.maximum(count, 1))[place], count[place])
