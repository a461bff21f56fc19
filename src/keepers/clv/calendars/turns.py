"""Learn a calendar and a model by turns: the model given the calendar, the calendar given the model.

From repeat orders a week against what the model expects of everybody who had come by then; and when that cannot be
done, why not.
"""

from collections.abc import Sequence

import numpy as np

from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.learning import PIECE_DAYS, SEASON_YEARS, YEAR_DAYS, Learned, exposure_by_piece, learn
from keepers.clv.calendars.models import with_calendar
from keepers.clv.calendars.promotions import Promotions
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.model import PurchaseModel
from keepers.core.told import Told

LEAST_WEEKS = 39
LEAST_ORDERS = 300  # repeat orders from which weeks tell more than chance
LEAST_LATER_SHARE = 0.10  # of customers who came in the later half of the history
LEAST_EVIDENCE = 3.0  # nats by which weeks must be likelier with a season than without to be plain
AHEAD_DAYS = 10 * YEAR_DAYS
ROWS = 4_000
ROUNDS = 2


def by_week(days: Integers, orders: Floats, *, until: int, weeks: int) -> Floats:
    """(weeks,) repeat orders in each of the last weeks that end on the day `until`, the latest last.

    Args:
        days: (k,) days with repeat orders [days since 1970-01-01].
        orders: (k,) how many on each [occasions].
        until: the last known day [days since 1970-01-01].
        weeks: how many.
    """
    edges = until + 0.5 + PIECE_DAYS * np.arange(-weeks, 1)
    return np.histogram(days, bins=edges, weights=orders)[0].astype(np.float64)


def weeks_of(histories: Histories) -> tuple[int, int]:
    """Whole weeks of the history, and weeks that it began."""
    span = float(histories.age.max(initial=0.0)) * histories.time_unit_days
    return int(span // PIECE_DAYS), int(np.ceil(span / PIECE_DAYS))


def why_no_calendar(histories: Histories, repeat_orders: float) -> str | None:
    """Why no calendar can be learned, in a sentence; None where one can."""
    weeks, _ = weeks_of(histories)
    if weeks < LEAST_WEEKS:
        words = "No calendar was learned: %(weeks)s weeks of history tell no season; it needs %(least)s at least."
        return Told.of(words, weeks=weeks, least=LEAST_WEEKS)
    later = float(histories.weight[histories.age < histories.age.max() / 2].sum() / histories.weight.sum())
    if later < LEAST_LATER_SHARE:
        return Told.of(
            "No calendar was learned: %(share)s %% of the customers came in the first half of the history, so what is "
            "due to the time of year and what to customers' own age cannot be told apart.",
            share=f"{100 * (1 - later):.0f}",
        )
    if repeat_orders < LEAST_ORDERS:
        words = "No calendar was learned: %(orders)s repeat orders are too few; it needs %(least)s at least."
        return Told.of(words, orders=f"{repeat_orders:.0f}", least=LEAST_ORDERS)
    return None


def years_of(histories: Histories) -> float | None:
    """Length of the history where it is too short to tell what comes back every year [years]; None where it is not."""
    years = float(histories.age.max(initial=0.0)) * histories.time_unit_days / YEAR_DAYS
    return None if years >= SEASON_YEARS else years


def learn_by_turns(
    model: PurchaseModel, groups: Sequence[Histories], orders: Floats, *, promotions: Promotions | None = None
) -> Learned:
    """The calendar under a model.

    Args:
        model: without a calendar.
        groups: histories that are fitted apart, such as those already there and those acquired since.
        orders: (m,) repeat orders of all of them in each of the last m weeks, which span the history [occasions].
        promotions: what was put on at stated days, and what will be.
    """
    unit, pieces = groups[0].time_unit_days, len(orders)
    few = [group.thinned(ROWS) for group in groups]
    calendar = Calendar.of(
        np.ones(pieces), start=-pieces * PIECE_DAYS / unit, width=PIECE_DAYS / unit, time_unit_days=unit
    )
    found: Learned | None = None
    for number in range(ROUNDS):
        under = model if number == 0 else with_calendar(model, calendar)
        expected = sum(
            (
                exposure_by_piece(model, under.fit(some).parameters, whole, calendar, pieces)
                for some, whole in zip(few, groups, strict=True)
            ),
            np.zeros(pieces),
        )
        found = learn(
            orders,
            expected / calendar.heights[:pieces],
            ahead_days=AHEAD_DAYS,
            time_unit_days=unit,
            spreads=None if found is None else found.spreads,
            promotions=promotions,
        )
        calendar = found.calendar
    assert found is not None
    return found
