"""What experiments measured of each action, as multipliers that a plan can use: of everybody, and of each group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.doing import mailings_of, parts_of
from keepers.decisions.effects import ASSUMED, INTERVAL, LEAST, RANDOMISED, WIDER, Multiplier
from keepers.decisions.terms import LEVELS, MAILING, OFFER, Mailing
from keepers.experiments.holding_out import parts_in
from keepers.experiments.parts import Doses, Point, linked, taught
from keepers.experiments.pooling import Prior, pooled

# Where nothing is assumed an action may as well do nothing; experiments with one action, and groups, differ somewhat.
PRIOR = Prior(mean=0.0, spread=0.5, between=0.05)  # of a multiplier less 1
GROUPS_DIFFER = 0.1
LEAST_SPREAD = 0.05
HALF_DOUBT = log(2.0)  # standard deviation of the logarithm of how many mailings do half of what they can
NODES = 7  # at which the half is looked at
MOSTLY = 0.5  # share of the prior's variance that experiments of several parts must take for a part to rest on them


@dataclass(frozen=True, slots=True)
class Measured:
    """Multipliers for the next time that something is done.

    by_action: of each part of actions; of `MAILING` the most that any number can do
    by_mailings: of each number of mailings a year that a plan may choose, where an experiment told its number
    """

    by_action: Mapping[str, Multiplier] = field(default_factory=dict)
    by_mailings: Mapping[int, Multiplier] = field(default_factory=dict)


def measured_effects(
    effects: pa.Table,
    assumed: Mapping[str, Multiplier] | None = None,
    windows: Mapping[str, float] | None = None,
    *,
    mailing: Mailing | None = None,
    half_is_told: bool = False,
) -> Measured:
    """By how much each action multiplies orders, for the next time that it is done.

    Of each arm drawn by lot from everybody the latest measuring counts, if it can be trusted and knows how often the
    held-out ordered. Its multiplier is 1 + lift ÷ orders of the held-out; of a level of care alone it is the one while
    somebody is a customer, where that was told apart from leaving (`measured_leaving`). Those of one action are pooled
    around what was assumed of it, and those of several parts teach the parts together (`experiments.parts`). Their
    plain standard errors count: a posterior is the same however often somebody looked, and of one experiment the latest
    look alone is in it. An offer is made once and works for the window, so its multiplier is brought to a year's chance
    of return. What n mailings a year did tells what they can do at most, as far as the curve is known: half of it at
    `half`, which may be twice or half as many. Mailings whose number nobody told count as the most.

    Args:
        effects: rows of the table `effects`.
        assumed: what the plan would else take of actions by name.
        windows: experiment → how long outcomes counted [days]; a year where it is not told.
        mailing: the curve that mailings follow; None: each number does the same.
        half_is_told: whether the user told `mailing.half`, which is then not doubted.
    """
    told = _told(effects.filter(pc.is_null(effects["group"])), windows or {})
    parts: list[tuple[str, ...]] = told["parts"].to_list()
    priors = {name: _prior((assumed or {}).get(name)) for some in parts for name in some}
    by_action, by_mailings = dict[str, Multiplier](), dict[int, Multiplier]()
    for together in linked(parts):
        names = sorted(together)
        rows = told.filter([bool(together & set(some)) for some in parts])
        curve = mailing if mailing is not None and rows["mailings"].is_not_null().any() else None
        numbers = [count for count in curve.choices if count] if curve is not None and MAILING in names else []
        found = taught(
            rows["multiplier"].to_numpy() - 1.0,
            rows["error"].to_numpy(),
            [priors[name] for name in names],
            _possible(rows, names, numbers, curve, half_is_told=half_is_told),
        )
        for place, name in enumerate(names):
            alone = any(some == [name] for some in rows["parts"].to_list())
            of_it = RANDOMISED if alone or found.known[place] > MOSTLY else ASSUMED
            by_action[name] = _multiplier(found.points[place], of_it)
        by_mailings |= {
            count: _multiplier(point, by_action[MAILING].evidence)
            for count, point in zip(numbers, found.points[len(names) :], strict=True)
        }
    return Measured(by_action, by_mailings)


def measured_leaving(effects: pa.Table, assumed: Mapping[str, Multiplier]) -> dict[str, Multiplier]:
    """By how much each level of care multiplies the rate of leaving, for the next time; pooled around what was assumed.

    Mailings beside the care do nothing to leaving in a plan, so they do not count.

    Args:
        effects: rows of the table `effects`.
        assumed: what the plan would else take of levels by name; no others are looked at.
    """
    told = _latest(effects.filter(pc.is_null(effects["group"]))).filter(pl.col("leaving_factor_error") > 0)
    told = told.with_columns(care=pl.col("parts").list.set_difference([MAILING]))
    found = {}
    for name, effect in assumed.items():
        some = told.filter(pl.col("care") == [name])
        if some.height:
            prior = _prior(effect)
            values, errors = some["leaving_factor"].to_numpy() - 1.0, some["leaving_factor_error"].to_numpy()
            found[name] = _multiplier(pooled(values, errors, prior).another, RANDOMISED)
    return found


def differences_by_group(
    effects: pa.Table, windows: Mapping[str, float] | None = None, *, mailing: Mailing | None = None
) -> dict[str, dict[str, float]]:
    """Action → group → by how much its multiplier differs from that of all groups together [factor].

    Several experiments of one group are put together by their precision, then the groups are pooled around their mean:
    one measured badly hardly differs. Groups of an experiment whose latest look takes its effect back do not count, nor
    those of several parts at once. Mailings differ by what they can do at most, by the curve of `mailing`.
    """
    rows = pl.DataFrame(effects)
    whole = rows.filter(pl.col("group").is_null()).sort("measured_at", maintain_order=True)
    latest = whole.unique(["experiment", "arm"], keep="last").filter(pl.col("orders_lift").is_not_null())
    trusted = rows.filter(pl.col("group").is_not_null()).join(latest, on=["experiment", "arm"], how="semi")
    told = _told(trusted.to_arrow(), windows or {}).filter(pl.col("parts").list.len() == 1)
    shares = [dose_of(count, mailing) for count in told["mailings"].to_list()]
    told = told.with_columns(pl.col("parts").list.first().alias("part"), pl.Series("share", shares, pl.Float64))
    told = told.with_columns(pl.col("multiplier") / pl.col("share"), pl.col("error") / pl.col("share"))
    found = {}
    for (action,), some in told.group_by("part", maintain_order=True):
        precise = pl.col("error") ** -2
        by_group = (
            some.group_by("group", maintain_order=True)
            .agg(((pl.col("multiplier") * precise).sum() / precise.sum()), error=precise.sum() ** -0.5)
            .sort("group")
        )
        values, errors = by_group["multiplier"].to_numpy(), by_group["error"].to_numpy()
        if len(values) > 1:
            usual = float(np.average(values, weights=errors**-2))
            told_of = pooled(values, errors, Prior(usual, PRIOR.spread, GROUPS_DIFFER))
            differs = told_of.mean - told_of.action[0]
            found[str(action)] = dict(zip(by_group["group"].to_list(), differs.tolist(), strict=True))
    return found


def dose_of(mailings: int | None, mailing: Mailing | None) -> float:
    """Which part of the most an experiment gave: of so many mailings by the curve; all of what has no number."""
    return 1.0 if mailings is None or mailing is None or mailings <= 0 else mailing.share(mailings)


def parts_measured(action: str) -> list[str]:
    """The parts of what an experiment did, as its action says them: joined by name, or in the words of a plan."""
    return [part for some in parts_in(action) for part in parts_of(some)]


def _told(effects: pa.Table, windows: Mapping[str, float]) -> pl.DataFrame:
    """Multiplier and error by parts, group and experiment: the latest measuring of each that can be used."""
    latest = _latest(effects)
    days = pl.col("experiment").replace_strict(windows, default=DAYS_PER_YEAR, return_dtype=pl.Float64)
    in_window, in_year = (1.0 - (-pl.col("orders_held") * share).exp() for share in (1.0, DAYS_PER_YEAR / days))
    once = pl.when(pl.col("parts") == [OFFER]).then(in_window / in_year).otherwise(1.0)
    care = (pl.col("parts").list.len() == 1) & pl.col("parts").list.first().is_in(LEVELS)
    apart = care & (pl.col("orders_factor_error") > 0)
    lift, error = (once * pl.col(name) / pl.col("orders_held") for name in ("orders_lift", "orders_lift_error"))
    return latest.select(
        "parts",
        "mailings",
        "group",
        multiplier=pl.when(apart).then("orders_factor").otherwise(1 + lift),
        error=pl.when(apart).then("orders_factor_error").otherwise(error),
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


def _possible(
    rows: pl.DataFrame, names: list[str], numbers: Sequence[int], curve: Mailing | None, *, half_is_told: bool
) -> list[Doses]:
    """The doses tried and asked for at each possible half of the curve; each part is asked for first, at dose 1."""
    curves, weights = [curve], np.ones(1)
    if curve is not None and not half_is_told:
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        curves = [replace(curve, half=curve.half * float(np.exp(HALF_DOUBT * node))) for node in nodes]
    told = list(rows.select("parts", "mailings").iter_rows())
    possible = []
    for one, weight in zip(curves, weights.tolist(), strict=True):
        doses = [[_dose(name, parts, count, one) for name in names] for parts, count in told]
        asked = [[_dose(name, [MAILING], count, one) for name in names] for count in numbers]
        possible.append(Doses(np.array(doses), np.vstack([np.eye(len(names)), *asked]), weight))
    return possible


def _dose(name: str, parts: Sequence[str], count: int | None, curve: Mailing | None) -> float:
    if name not in parts:
        return 0.0
    return dose_of(count, curve) if name == MAILING else 1.0


def _prior(assumed: Multiplier | None) -> Prior:
    """Of a multiplier less 1."""
    if assumed is None:
        return PRIOR
    spread = max(WIDER * (assumed.high - assumed.low) / INTERVAL, LEAST_SPREAD)
    return Prior(assumed.mean - 1.0, spread, PRIOR.between)


def _multiplier(point: Point, evidence: str) -> Multiplier:
    mean, low, high = (float(each) for each in np.maximum(1.0 + np.array(point), LEAST))
    return Multiplier(mean, low, high, evidence)
