"""What each arm brought, in orders and money per customer, with intervals that may be looked at daily and a verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa

from keepers.experiments.balance import Balance, balance
from keepers.experiments.effects import Difference, Floats, Sample, difference
from keepers.experiments.intervals import LEVEL, Interval, always_valid
from keepers.experiments.staying import Stays
from keepers.experiments.verdicts import FIRST_LOOK, Finding, Verdict, too_early, verdict
from keepers.warehouse.tables import EFFECTS

RANDOMISED = "randomised"
METHOD = "difference"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of everybody measured; None: untold.

    orders, margin: of each within the window [occasions, money]
    stays: how each stands at its end
    """

    orders: Floats | None
    margin: Floats | None
    stays: Stays | None = None


@dataclass(frozen=True, slots=True)
class Looking:
    """How a measurement looks.

    seen: what was seen so far as a share of what was planned before the first look (`intervals.always_valid`).
    worth: the smallest gain per customer that matters [money]; None or 0: whatever was seen so far.
    level: share of experiments whose intervals hold at all looks together, for all arms.
    """

    currency: str | None = None
    seen: float = 1.0
    worth: float | None = None
    level: float = LEVEL


@dataclass(frozen=True, slots=True)
class Gain:
    """A difference with its interval; None before the first look."""

    difference: Difference
    interval: Interval | None

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        told = self.difference
        return {
            "mean": told.mean,
            "low": None if self.interval is None else self.interval.low,
            "high": None if self.interval is None else self.interval.high,
            "standard_error": told.standard_error,
            "variance_left": told.variance_left,
            "level_held": told.level_held,
            "movers": told.movers,
            "movers_held": told.movers_held,
        }


@dataclass(frozen=True, slots=True)
class Stayed:
    """What an arm did beyond its window: who is still a customer then.

    alive: difference in mean P(still a customer) [0–1]
    kept: what those are worth who stay, by what was known of each before the lots [money]
    whole: the margin of the window and what is kept together [money]; None where the margin is not told
    orders_factor, leaving_factor: what the action multiplies orders and leaving by, less 1, told apart; None where
        the window cannot tell
    orders_to_leaving: by what share orders of the window rise with the rate of leaving, as a derivative; None likewise
    """

    alive: Gain
    kept: Gain
    whole: Gain | None
    orders_factor: Gain | None
    leaving_factor: Gain | None
    orders_to_leaving: float | None

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return {name: each.as_json() if isinstance(each, Gain) else each for name, each in told.items()}


@dataclass(frozen=True, slots=True)
class MeasuredArm:
    """One arm beside the held-out. `cost` is what the action costs per customer, None where nobody said."""

    arm: str
    people: int
    people_held: int
    cost: float | None
    orders: Gain | None
    margin: Gain | None
    stayed: Stayed | None
    verdict: Verdict

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "arm": self.arm,
            "people": self.people,
            "people_held": self.people_held,
            "cost": self.cost,
            "orders": None if self.orders is None else self.orders.as_json(),
            "margin": None if self.margin is None else self.margin.as_json(),
            "stayed": None if self.stayed is None else self.stayed.as_json(),
            "finding": self.verdict.finding.value,
            "verdict": self.verdict.sentence,
        }


@dataclass(frozen=True, slots=True)
class Measurement:
    """All arms of an experiment, and whether its lots came out as drawn; None where nobody said what was drawn.

    notes: what a reader must know of the data, in sentences.
    """

    arms: tuple[MeasuredArm, ...]
    balance: Balance | None
    level: float
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "arms": [each.as_json() for each in self.arms],
            "balance": None if self.balance is None else self.balance.as_json(),
            "level": self.level,
            "notes": list(self.notes),
        }


def measure(
    sample: Sample,
    outcomes: Outcomes,
    arms: Sequence[str],
    *,
    costs: Mapping[str, float],
    looking: Looking,
    shares: Mapping[str, float] | None = None,
) -> Measurement:
    """Hold every arm against the held-out.

    The arms share the chance of an error (Bonferroni), so that all intervals hold together. Without enough people who
    did anything (`FIRST_LOOK` in each arm) there is no interval: the bell curve that it rests on is not there yet.

    Args:
        sample: who was measured.
        outcomes: what came of them.
        arms: names of the arms, the held-out first, as `sample.arm` counts them.
        costs: what an arm costs per customer of the treated [money].
        looking: plan, currency and level.
        shares: chance that the lots gave each arm, by name; None: nobody said, so whether they did is not checked.

    Raises:
        InvalidSharesError: a share that is not a number above zero.
        NotMeasurableError: an arm without people, or too few clusters.
    """
    ratio = None if shares is None else _balance(sample, arms, shares)
    level = 1 - (1 - looking.level) / max(len(arms) - 1, 1)
    one = replace(looking, level=level)
    measured = tuple(
        _arm(sample, outcomes, place, name, costs.get(name), one, ratio) for place, name in enumerate(arms) if place > 0
    )
    return Measurement(measured, ratio, looking.level)


def as_effects(
    measurement: Measurement, *, experiment: str, action: str, measured_at: datetime, group: str | None = None
) -> pa.Table:
    """The measurement as rows of `effects`, an arm each; of arms before their first look there are none.

    Of an arm that cannot be trusted the row has no lift, and so takes back what an earlier look said.
    """
    rows = [
        {
            "action": action if len(measurement.arms) == 1 else each.arm,
            "group": group,
            "experiment": experiment,
            "arm": each.arm,
            **(_lifts(each) if each.verdict.finding is not Finding.UNTRUSTED else {}),
            "people": each.people,
            "people_held": each.people_held,
            "method": METHOD,
            "evidence": RANDOMISED,
            "measured_at": measured_at,
        }
        for each in measurement.arms
        if any(gain is not None and gain.interval is not None for gain in (each.orders, each.margin))
    ]
    return pa.Table.from_pylist(rows, schema=EFFECTS.schema)


def _balance(sample: Sample, arms: Sequence[str], shares: Mapping[str, float]) -> Balance:
    """What was drawn, people or clusters, beside what the lots should have given."""
    inside = {name: sample.arm == place for place, name in enumerate(arms)}
    if sample.cluster is None:
        return balance({name: int(np.count_nonzero(mask)) for name, mask in inside.items()}, shares)
    clusters = {name: len(np.unique(sample.cluster[mask])) for name, mask in inside.items()}
    return balance(clusters, shares, counted="clusters")


def _arm(
    sample: Sample,
    outcomes: Outcomes,
    place: int,
    name: str,
    cost: float | None,
    looking: Looking,
    ratio: Balance | None,
) -> MeasuredArm:
    orders = None if outcomes.orders is None else _gain(sample, outcomes.orders, place, looking)
    margin = None if outcomes.margin is None else _gain(sample, outcomes.margin, place, looking)
    shown = margin or orders
    assert shown is not None
    return MeasuredArm(
        arm=name,
        people=shown.difference.people,
        people_held=shown.difference.people_held,
        cost=cost,
        orders=orders,
        margin=margin,
        stayed=_stayed(sample, outcomes, orders, place, looking),
        verdict=_verdict(orders, margin, cost, looking, ratio),
    )


def _stayed(sample: Sample, outcomes: Outcomes, ordered: Gain | None, place: int, looking: Looking) -> Stayed | None:
    """What the arm did beyond its window, once enough have ordered in it."""
    orders, margin, stays = outcomes.orders, outcomes.margin, outcomes.stays
    if stays is None or orders is None or ordered is None or ordered.interval is None:
        return None
    if ordered.difference.level_held <= 0:
        return None
    known, kept = replace(sample, known=stays.known), stays.alive * stays.worth
    factors: tuple[Gain | None, Gain | None] = (None, None)
    if stays.answer is not None and stays.answer.tells:
        share = orders / ordered.difference.level_held
        each = (stays.answer.orders_factor(share, stays.left), stays.answer.leaving_factor(share, stays.left))
        factors = _gain(known, each[0], place, looking), _gain(known, each[1], place, looking)
    return Stayed(
        alive=_gain(known, stays.alive, place, looking),
        kept=_gain(known, kept, place, looking),
        whole=None if margin is None else _gain(known, margin + kept, place, looking),
        orders_factor=factors[0],
        leaving_factor=factors[1],
        orders_to_leaving=stays.answer.orders_to_leaving if stays.answer is not None and stays.answer.tells else None,
    )


def _gain(sample: Sample, outcome: Floats, place: int, looking: Looking) -> Gain:
    found = difference(sample, outcome, arm=place)
    if min(found.movers, found.movers_held) < FIRST_LOOK:
        return Gain(found, None)
    return Gain(found, always_valid(found.mean, found.standard_error, seen=looking.seen, level=looking.level))


def _verdict(
    orders: Gain | None, margin: Gain | None, cost: float | None, looking: Looking, ratio: Balance | None
) -> Verdict:
    if ratio is not None and not ratio.holds:
        arm = max(ratio.expected, key=lambda each: abs(ratio.people[each] - ratio.expected[each]))
        return Verdict(
            Finding.UNTRUSTED,
            f'Cannot be trusted: "{arm}" holds {ratio.people[arm]:,} {ratio.counted} where the lots should have given '
            f"{ratio.expected[arm]:,.0f}. Find out who was lost, or treated besides, before reading any figure.",
        )
    gain = margin or orders
    assert gain is not None
    if gain.interval is None:
        return too_early(gain.difference)
    if margin is None:
        return _of_orders(gain)
    spent = cost or 0.0
    net = Interval(gain.interval.mean - spent, gain.interval.low - spent, gain.interval.high - spent)
    return verdict(
        net,
        standard_error=gain.difference.standard_error,
        people=gain.difference.people + gain.difference.people_held,
        currency=looking.currency,
        after_cost=cost is not None,
        worth=looking.worth,
        level=looking.level,
    )


def _of_orders(gain: Gain) -> Verdict:
    """Without money: what it brings in orders alone."""
    assert gain.interval is not None
    found = gain.interval
    figure = f"{found.mean:+.3g} orders per customer ({found.low:.2g} to {found.high:.2g}); what they earn is not told"
    if found.low > 0:
        return Verdict(Finding.PAYS, f"Brings orders: {figure}.")
    if found.high < 0:
        return Verdict(Finding.COSTS_MORE, f"Loses orders: {figure}.")
    return Verdict(Finding.NOT_YET, f"Not known yet: {figure}.")


def _lifts(arm: MeasuredArm) -> dict[str, float | None]:
    held = None if arm.orders is None else arm.orders.difference.level_held
    lifts = {**_lift("orders", arm.orders), "orders_held": held, **_lift("margin", arm.margin)}
    if arm.stayed is None:
        return lifts
    factors = {"orders_factor": arm.stayed.orders_factor, "leaving_factor": arm.stayed.leaving_factor}
    told: dict[str, float | None] = {
        name: 1.0 + gain.difference.mean for name, gain in factors.items() if gain is not None
    }
    told |= {f"{name}_error": gain.difference.standard_error for name, gain in factors.items() if gain is not None}
    told["orders_to_leaving"] = arm.stayed.orders_to_leaving
    return {**lifts, **_lift("kept", arm.stayed.kept), **_lift("whole", arm.stayed.whole), **told}


def _lift(name: str, gain: Gain | None) -> dict[str, float | None]:
    if gain is None or gain.interval is None:
        return {}
    return {
        f"{name}_lift": gain.interval.mean,
        f"{name}_lift_low": gain.interval.low,
        f"{name}_lift_high": gain.interval.high,
        f"{name}_lift_error": gain.difference.standard_error,
    }
