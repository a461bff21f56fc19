"""Every insight, in the order in which a reader would ask."""

from keepers.core.errors import KeepersError
from keepers.insight.answers import Insight
from keepers.insight.questions import (
    averages,
    buyers,
    calibration,
    channels,
    cohorts,
    concentration,
    course,
    equity,
    frequency,
    gaps,
    groups,
    ledger,
    locations,
    movement,
    new_customers,
    payments,
    percentiles,
    products,
    profile,
    quarters,
    retention,
    rfm,
    seasons,
    sources,
    stock,
    tracking,
    trust,
    weekdays,
)

INSIGHTS: tuple[Insight, ...] = (
    equity.INSIGHT,
    ledger.INSIGHT,
    percentiles.INSIGHT,
    concentration.INSIGHT,
    new_customers.INSIGHT,
    cohorts.INSIGHT,
    retention.INSIGHT,
    movement.INSIGHT,
    groups.INSIGHT,
    rfm.INSIGHT,
    quarters.INSIGHT,
    averages.INSIGHT,
    frequency.INSIGHT,
    gaps.INSIGHT,
    products.INSIGHT,
    stock.INSIGHT,
    payments.INSIGHT,
    channels.INSIGHT,
    locations.INSIGHT,
    weekdays.INSIGHT,
    seasons.INSIGHT,
    course.INSIGHT,
    buyers.INSIGHT,
    profile.INSIGHT,
    sources.INSIGHT,
    calibration.INSIGHT,
    tracking.INSIGHT,
    trust.INSIGHT,
)


class UnknownInsightError(KeepersError):
    """No insight has this name."""


def insight_named(name: str) -> Insight:
    """The insight of this name.

    Raises:
        UnknownInsightError: there is none; the message lists those there are.
    """
    by_name = {insight.name: insight for insight in INSIGHTS}
    if name not in by_name:
        raise UnknownInsightError(f'There is no insight "{name}". There are: {", ".join(by_name)}.')
    return by_name[name]
