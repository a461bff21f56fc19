"""What experiments measured of each action, as multipliers that a plan can use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot, log
from typing import Self

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.terms.doing import mailings_of, parts_of
from keepers.decisions.terms.effects import ASSUMED, FAR, LEAST, MOSTLY, RANDOMISED, Multiplier
from keepers.decisions.terms.terms import LEVELS, MAILING, OFFER, Mailing
from keepers.experiments.holding_out import parts_in
from keepers.experiments.parts import Doses, Point, linked, taught
from keepers.experiments.pooling import Prior

# Where nothing is assumed an action may as well do nothing; experiments with one action differ somewhat.
PRIOR = Prior(mean=0.0, spread=0.5, between=0.05)  # of a multiplier less 1
LEAST_SPREAD = 0.05
HALF_DOUBT = log(2.0)  # standard deviation of the logarithm of how many mailings do half of what they can
NODES = 7  # at which the half is looked at


@dataclass(frozen=True, slots=True)
class Measured:
    """Multipliers for the next time that something is done.

    by_action: of each part of actions; of `MAILING` the most that any number can do
    by_mailings: of each number of mailings a year that a plan may choose, where an experiment told its number
    leaving: of each level of care what it does to the rate of leaving; it can rest on lots (`randomised`) only where a
        window told leaving apart from orders
    """

    by_action: Mapping[str, Multiplier] = field(default_factory=dict)
    by_mailings: Mapping[int, Multiplier] = field(default_factory=dict)
    leaving: Mapping[str, Multiplier] = field(default_factory=dict)


def measured_effects(
    effects: pa.Table,
    assumed: Mapping[str, Multiplier] | None = None,
    windows: Mapping[str, float] | None = None,
    *,
    mailing: Mailing | None = None,
    half_is_told: bool = False,
    leaving: Mapping[str, Multiplier] | None = None,
) -> Measured:
    """By how much each action multiplies orders, for the next time that it is done.

    Of each arm drawn by lot from everybody the latest measuring counts, if it can be trusted and knows how often the
    held-out ordered. Its multiplier is 1 + lift ÷ orders of the held-out. Those of one action are pooled, those of
    several parts teach the parts together (`experiments.parts`), and with a level of care both its parts: what it does
    to orders, and to leaving (`_Columns`). Their plain standard errors count: a posterior is the same however often
    somebody looked, and of one experiment the latest look alone is in it. An offer is made once and works for the
    window, so its multiplier is brought to a year's chance of return. What n mailings a year did tells what they can do
    at most, as far as the curve is known: half of it at `half`, which may be twice or half as many. Mailings whose
    number nobody told count as the most.

    Where lots speak, what is assumed is a guess: it may be off by three times what it says, and as well be nothing. An
    effect rests on lots (`randomised`) once they took more than half of that doubt, or moved it so far that nothing of
    the guess is left; before, most of it is the guess.

    Args:
        effects: rows of the table `effects`.
        assumed: what the plan would else take of actions by name.
        windows: experiment → how long outcomes counted [days]; a year where it is not told.
        mailing: the curve that mailings follow; None: each number does the same.
        half_is_told: whether the user told `mailing.half`, which is then not doubted.
        leaving: what the plan would else take of what levels of care do to leaving.
    """
    told = _told(effects.filter(pc.is_null(effects["group"])), windows or {})
    parts: list[tuple[str, ...]] = told["parts"].to_list()
    by_action, by_mailings, by_leaving = dict[str, Multiplier](), dict[int, Multiplier](), dict[str, Multiplier]()
    for together in linked(parts):
        columns = _Columns.of(sorted(together), assumed or {}, leaving or {})
        rows = told.filter([bool(together & set(some)) for some in parts])
        curve = mailing if mailing is not None and rows["mailings"].is_not_null().any() else None
        numbers = [count for count in curve.choices if count] if curve is not None and MAILING in together else []
        apart = rows.filter(pl.col("leaving_error") > 0)
        found = taught(
            np.concatenate([rows["multiplier"].to_numpy(), apart["leaving"].to_numpy()]) - 1.0,
            np.concatenate([rows["error"].to_numpy(), apart["leaving_error"].to_numpy()]),
            columns.priors(),
            _possible(rows, columns, numbers, curve, half_is_told=half_is_told),
        )
        on_lots = (found.known > MOSTLY) | (found.moved > FAR)
        answers = zip(found.points, found.known.tolist(), on_lots.tolist(), strict=True)
        for name, (point, known, rests) in zip(columns.names, answers, strict=False):
            by_action[name] = _multiplier(point, known, on_lots=rests)
        told_apart = {name for some in apart["care"].to_list() for name in some}
        for name, (point, known, rests) in zip(columns.care, answers, strict=False):
            by_leaving[name] = _multiplier(point, known, on_lots=rests and name in told_apart)
        for count, (point, known, rests) in zip(numbers, answers, strict=True):
            by_mailings[count] = _multiplier(point, known, on_lots=rests)
    return Measured(by_action, by_mailings, by_leaving)


def dose_of(mailings: int | None, mailing: Mailing | None) -> float:
    """Which part of the most an experiment gave: of so many mailings by the curve; all of what has no number."""
    return 1.0 if mailings is None or mailing is None or mailings <= 0 else mailing.share(mailings)


def parts_measured(action: str) -> list[str]:
    """The parts of what an experiment did, as its action says them: joined by name, or in the words of a plan."""
    return [part for some in parts_in(action) for part in parts_of(some)]


def _told(effects: pa.Table, windows: Mapping[str, float]) -> pl.DataFrame:
    """Multiplier and error by parts and experiment: the latest measuring of each that can be used."""
    latest = _latest(effects)
    days = pl.col("experiment").replace_strict(windows, default=DAYS_PER_YEAR, return_dtype=pl.Float64)
    in_window, in_year = (1.0 - (-pl.col("orders_held") * share).exp() for share in (1.0, DAYS_PER_YEAR / days))
    once = pl.when(pl.col("parts") == [OFFER]).then(in_window / in_year).otherwise(1.0)
    care = pl.col("parts").list.set_difference([MAILING, OFFER])
    of_care = (care.list.len() == 1) & care.list.first().is_in(LEVELS)
    answers = pl.when(of_care).then(pl.col("orders_to_leaving")).fill_null(0.0)
    old = of_care & (pl.col("parts").list.len() == 1) & pl.col("orders_to_leaving").is_null()
    old &= pl.col("orders_factor_error") > 0  # measured before the table told how orders answer to leaving
    lift, error = (once * pl.col(name) / pl.col("orders_held") for name in ("orders_lift", "orders_lift_error"))
    return latest.select(
        "parts",
        "mailings",
        "group",
        multiplier=pl.when(old).then("orders_factor").otherwise(1 + lift),
        error=pl.when(old).then("orders_factor_error").otherwise(error),
        care=care,
        answers=answers,
        leaving="leaving_factor",
        leaving_error=pl.when(of_care).then("leaving_factor_error"),
    )


def _latest(effects: pa.Table) -> pl.DataFrame:
    """The latest measuring by experiment, arm and group that can be used, with its parts and number of mailings."""
    rows = pl.DataFrame(effects).filter((pl.col("evidence") == RANDOMISED) & pl.col("experiment").is_not_null())
    ordered = rows.sort("measured_at", maintain_order=True)
    latest = ordered.unique(["experiment", "arm", "group"], keep="last", maintain_order=True).filter(
        (pl.col("orders_held") > 0) & (pl.col("orders_lift_error") > 0)
    )
    pairs = list(latest.select("action", "arm").iter_rows())
    return latest.with_columns(
        pl.Series("parts", [parts_measured(action) for action, _ in pairs], pl.List(pl.String)),
        pl.Series("mailings", [_number(action, arm) for action, arm in pairs], pl.Int64),
    ).filter(pl.col("parts").list.len() > 0)


def _number(action: str, arm: str) -> int | None:
    of_arm = mailings_of(arm)
    return mailings_of(action) if of_arm is None else of_arm


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the effects of some parts are made of: a column each part, and two more each level of care.

    A level of care works on orders and on leaving, each by an amount of its own, and both by its strength: 1 (± 1) does
    what was assumed of both, 0 nothing. So lots that show more orders, or none, make it likelier that it keeps more
    people than was assumed, or nobody.

    names: of the parts; care: those that are levels
    orders, leaving: what is assumed of each
    """

    names: tuple[str, ...]
    care: tuple[str, ...]
    orders: Mapping[str, Multiplier]
    leaving: Mapping[str, Multiplier]

    @classmethod
    def of(cls, names: Sequence[str], orders: Mapping[str, Multiplier], leaving: Mapping[str, Multiplier]) -> Self:
        """The columns of some parts."""
        return cls(tuple(names), tuple(name for name in names if name in LEVELS), orders, leaving)

    def priors(self) -> list[Prior]:
        """Of every column."""
        own = [_prior(self.orders.get(name), whole=name not in self.care) for name in self.names]
        of_leaving = [_prior(self.leaving.get(name), whole=False) for name in self.care]
        return [*own, *of_leaving, *(Prior(1.0, 1.0, PRIOR.between) for _ in self.care)]

    def on_orders(self, doses: Mapping[str, float], answers: float = 0.0) -> list[float]:
        """What parts in these doses do to orders, which answer so to the rate of leaving."""
        care = [doses.get(name, 0.0) for name in self.care]
        both = (_beyond(self.orders, name) + answers * _beyond(self.leaving, name) for name in self.care)
        strength = [dose * beyond for dose, beyond in zip(care, both, strict=True)]
        return [*(doses.get(name, 0.0) for name in self.names), *(answers * dose for dose in care), *strength]

    def on_leaving(self, level: str) -> list[float]:
        """What a level does to leaving."""
        here = [float(name == level) for name in self.care]
        strength = [_beyond(self.leaving, name) * dose for name, dose in zip(self.care, here, strict=True)]
        return [0.0] * len(self.names) + here + strength


def _possible(
    rows: pl.DataFrame, columns: _Columns, numbers: Sequence[int], curve: Mailing | None, *, half_is_told: bool
) -> list[Doses]:
    """The doses tried and asked for at each possible half of the curve: each part, each leaving, each number."""
    curves, weights = [curve], np.ones(1)
    if curve is not None and not half_is_told:
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        curves = [replace(curve, half=curve.half * float(np.exp(HALF_DOUBT * node))) for node in nodes]
    told = list(rows.select("parts", "mailings", "answers").iter_rows())
    leaving = [columns.on_leaving(care[0]) for care in rows.filter(pl.col("leaving_error") > 0)["care"].to_list()]
    possible = []
    for one, weight in zip(curves, weights.tolist(), strict=True):
        tried = [
            columns.on_orders({name: _dose(name, count, one) for name in parts}, answers)
            for parts, count, answers in told
        ]
        asked = [columns.on_orders({name: 1.0}) for name in columns.names]
        asked += [columns.on_leaving(name) for name in columns.care]
        asked += [columns.on_orders({MAILING: _dose(MAILING, count, one)}) for count in numbers]
        possible.append(Doses(np.array([*tried, *leaving]), np.array(asked), weight))
    return possible


def _dose(name: str, count: int | None, curve: Mailing | None) -> float:
    return dose_of(count, curve) if name == MAILING else 1.0


def _prior(assumed: Multiplier | None, *, whole: bool) -> Prior:
    """Of a multiplier less 1: the whole of it, or what it may be beyond the strength of its action."""
    if assumed is None:
        return PRIOR
    spread = max(assumed.doubt, LEAST_SPREAD)
    beyond = (assumed.mean - 1.0) * whole
    return Prior(beyond, hypot(spread, beyond), PRIOR.between)


def _beyond(assumed: Mapping[str, Multiplier], name: str) -> float:
    """By how much what is assumed differs from doing nothing."""
    return assumed[name].mean - 1.0 if name in assumed else 0.0


def _multiplier(point: Point, known: float, *, on_lots: bool) -> Multiplier:
    mean, low, high = (float(each) for each in np.maximum(1.0 + np.array(point), LEAST))
    return Multiplier(mean, low, high, RANDOMISED if on_lots else ASSUMED, known)
