"""What a measurement says, in a sentence that a manager understands."""

from dataclasses import dataclass
from enum import StrEnum

from keepers.core.money import money
from keepers.experiments.effects import Difference
from keepers.experiments.intervals import Interval
from keepers.experiments.sizing import more_people

FIRST_LOOK = 30  # people in each arm with an outcome other than zero, before which no interval is shown


class Finding(StrEnum):
    """What is known."""

    PAYS = "pays"
    COSTS_MORE = "costs more"
    NO_DIFFERENCE = "no difference"
    NOT_YET = "not yet"
    TOO_EARLY = "too early"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The finding and its sentence."""

    finding: Finding
    sentence: str


def verdict(
    net: Interval,
    *,
    standard_error: float,
    people: int,
    currency: str | None,
    after_cost: bool,
    worth: float | None = None,
    level: float,
) -> Verdict:
    """Say what the gain per customer is, or how many more people are needed to say it.

    Args:
        net: gain per customer of the treated beside the held-out [money].
        standard_error: of the gain.
        people: both arms together.
        currency: of the money.
        after_cost: whether the action's cost is taken off.
        worth: the smallest gain per customer that matters; None or 0: whatever was seen so far.
        level: of the interval.
    """
    after = " after cost" if after_cost else ", its cost not counted"
    figure = f"{signed(net.mean, currency)} per customer ({_bounds(net, currency)}){after}"
    if net.low > 0:
        return Verdict(Finding.PAYS, f"Pays: {figure}.")
    if net.high < 0:
        return Verdict(Finding.COSTS_MORE, f"Costs more than it brings: {figure}.")
    if worth is not None and -worth < net.low and net.high < worth:
        less = f"whatever it brings is less than the {money(worth, currency)} per customer that matter"
        return Verdict(Finding.NO_DIFFERENCE, f"Makes no difference: {figure}; {less}.")
    gain = worth if worth is not None and worth > 0 else net.mean
    if gain <= 0:
        return Verdict(Finding.NOT_YET, f"Not known yet, and no gain so far: {figure}.")
    more = more_people(people, standard_error, gain, level=level)
    if more == 0:
        return Verdict(Finding.NOT_YET, f"Not known yet: {figure}; a little more should tell.")
    shown = f"to be sure of {money(gain, currency)} per customer"
    return Verdict(Finding.NOT_YET, f"Not known yet: {figure}. About {rounded(more)} more people needed {shown}.")


def too_early(ordered: Difference) -> Verdict:
    """Before the first look: too few have done anything."""
    treated, held = f"{ordered.movers:,} of {ordered.people:,}", f"{ordered.movers_held:,} of {ordered.people_held:,}"
    had = f"{treated} treated and {held} held out"
    return Verdict(Finding.TOO_EARLY, f"Too few have ordered to say: {had}. An interval needs {FIRST_LOOK} of each.")


def signed(amount: float, currency: str | None) -> str:
    """Money with its sign, also where it is a gain."""
    return f"+{money(amount, currency)}" if amount > 0 else money(amount, currency)


def rounded(count: int) -> str:
    """A count to two figures: 3,100."""
    places = len(str(count)) - 2
    return f"{round(count, -places) if places > 0 else count:,}"


def _bounds(net: Interval, currency: str | None) -> str:
    return f"{money(net.low, currency)} to {money(net.high, currency)}"
