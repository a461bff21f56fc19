"""The curve of retention beside what was seen, and whether starting cohorts or plans differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepers.clv.predicting.ranges import ends_of
from keepers.clv.renewals import kaplan_meier
from keepers.clv.renewals.contracts import Contracts
from keepers.core.percent import percent
from keepers.valuation.contracts.base import ContractBase
from keepers.valuation.contracts.fits import ContractFit, ContractSegmentFit

SHOWN = (1, 2, 3, 4, 5, 6, 9, 12, 18, 24, 36, 48, 60)
LEAST_IN_A_COHORT = 30
LEAST_LOST = 5.0
LEAST_ASKED = 100.0
MUCH = 0.03
APART = 4.0  # z-score from which on a difference in those lost is said
FAR_APART = 0.25  # and by how much more or fewer than expected


def retention_curve(fit: ContractFit) -> list[dict[str, Any]]:
    """Share still customers after 1, 2, 3 … periods: as seen (Kaplan–Meier) and as fitted, with intervals.

    For each segment, the largest first, as far as anybody was watched and half as far again.
    """
    ordered = sorted(fit.segments, key=lambda each: -len(each.segment.stays))
    return [row for fitted in ordered for row in _curve_of(fit, fitted)]


def _curve_of(fit: ContractFit, fitted: ContractSegmentFit) -> Iterator[dict[str, Any]]:
    seen = kaplan_meier.survival_curve(fitted.segment.contracts)
    longest = int(seen.renewals[-1])
    shown = [k for k in SHOWN if k <= max(1.5 * longest, 1)]
    shown = sorted({*shown, longest} - {0})
    curves = np.exp(
        [
            fit.model.log_survival(fit.model.Parameters.from_array(row), up_to=shown[-1])
            for row in fitted.posterior.parameters
        ]
    )
    low, high = ends_of(curves)
    for k in shown:
        yield {
            "segment": fitted.segment.name,
            "renewals": k,
            "at_risk": float(seen.at_risk[k]) if k <= longest else 0.0,
            "seen": float(seen.survival[k]) if k <= longest else None,
            "seen_low": _known(seen.survival_low, k),
            "seen_high": _known(seen.survival_high, k),
            "mean": float(curves[:, k].mean()),
            "low": float(low[k]),
            "high": float(high[k]),
        }


def misfits(retention: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A sentence where the fitted curve leaves what was seen by far: the worst place, if many were asked there."""
    wrong = [
        row
        for row in retention
        if row["at_risk"] >= LEAST_ASKED
        and row["seen_low"] is not None
        and not row["seen_low"] <= row["mean"] <= row["seen_high"]
        and abs(row["mean"] - row["seen"]) > MUCH
    ]
    if wrong:
        worst = max(wrong, key=lambda row: abs(row["mean"] - row["seen"]))
        yield (
            f"The curve does not follow what was seen: after {worst['renewals']} renewals {percent(worst['seen'])} "
            f"were left, the model says {percent(worst['mean'])}. Look whether contracts renew at another "
            "length (--unit), or whether plans or starting years differ; rely on the values less."
        )


def _known(values: NDArray[np.float64], k: int) -> float | None:
    return float(values[k]) if k < len(values) and np.isfinite(values[k]) else None


def differences(base: ContractBase, fit: ContractFit) -> Iterator[str]:
    """Sentences on starting years and plans that lose far more or fewer customers than one curve for all says.

    The fitted curve of everybody tells how many of a group should have ended by their ages; a group is named where it
    lost at least a quarter more or fewer, beyond what chance allows.
    """
    for fitted in fit.segments:
        segment = fitted.segment
        up_to = int(segment.contracts.renewals.max(initial=0)) + 1
        curve = fit.model.log_survival(fitted.fit.parameters, up_to=up_to)
        hazard = np.append(0.0, np.cumsum(1 - np.exp(np.diff(curve))))
        if base.as_of is not None:
            starts = base.stays.started[segment.stays].astype("datetime64[D]").astype("datetime64[Y]")
            yield from _told("who began in", starts.astype(str), segment.contracts, hazard)
        if not segment.plan:
            plans = base.stays.product[segment.stays].astype(str)
            yield from _told("on the plan", plans, segment.contracts, hazard)


def _told(words: str, group: NDArray[np.str_], contracts: Contracts, hazard: NDArray[np.float64]) -> Iterator[str]:
    names, place = np.unique(group, return_inverse=True)
    if len(names) < 2:
        return
    faced = contracts.renewals + contracts.ended
    expected = np.bincount(place, hazard[faced] - hazard[contracts.renewals_at_entry], minlength=len(names))
    lost = np.bincount(place, contracts.ended, minlength=len(names))
    size = np.bincount(place, minlength=len(names))
    apart = (lost - expected) / np.sqrt(np.maximum(expected, 1.0))
    clear = (size >= LEAST_IN_A_COHORT) & (expected >= LEAST_LOST) & (np.abs(apart) >= APART)
    clear &= (np.abs(lost / np.maximum(expected, 1.0) - 1) >= FAR_APART) & (names != "")
    worst = sorted(np.flatnonzero(clear), key=lambda row: -abs(apart[row]))[:3]
    for row in worst:
        side = "more" if lost[row] > expected[row] else "fewer"
        yield (
            f"Customers {words} {names[row]} leave otherwise than the rest: {lost[row]:,.0f} of {size[row]:,} left "
            f"where one curve for all says {expected[row]:,.0f}, so {side} than their values "
            "allow for. Value them apart, or read their values with care."
        )
