"""Kaplan–Meier: the share still customers after each renewal opportunity as it was seen, without any model.

S(k) = Π (1 − lost_j / at_risk_j) over the opportunities up to k. It forecasts nothing: beyond the longest contract seen
it is nan, and its last points rest on few customers; the interval says how few.

Papers: Kaplan and Meier (1958), JASA 53; Greenwood (1926) for the variance; Kalbfleisch and Prentice (2002), 1.4, for
intervals on the scale of ln(−ln S), which stay between 0 and 1.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from keepers.clv.histories import Floats, Integers
from keepers.clv.renewals.contracts import Contracts, LifeTable

NAME = "kaplan-meier"


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """What was seen, for 0, 1 … renewal opportunities.

    renewals: (k,) 0, 1 … [renewals]
    at_risk: (k,) customers whose answer at this opportunity was seen; of 0 everybody at the first [customers]
    survival: (k,) share still customers afterwards [0–1]
    survival_low, survival_high: (k,) ends of its interval; nan where nobody has ended yet
    """

    renewals: Integers
    at_risk: Floats
    survival: Floats
    survival_low: Floats
    survival_high: Floats


def survival_curve(contracts: Contracts, *, level: float = 0.9) -> SurvivalCurve:
    """The curve of all contracts with its pointwise interval of the given level.

    Where nobody is left who could be asked, the curve ends: nothing is carried forward.
    """
    table = contracts.life_table()
    seen = _seen(table)
    at_risk, lost = table.at_risk[:seen], table.lost[:seen]
    survival = np.cumprod(1 - lost / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(lost / (at_risk * (at_risk - lost)))) / -np.log(survival)
        far = np.exp(ndtri((1 + level) / 2) * spread)
        low, high = survival**far, survival ** (1 / far)
    known = (survival > 0) & (survival < 1)
    return SurvivalCurve(
        renewals=np.arange(seen + 1),
        at_risk=np.append(at_risk[:1], at_risk),
        survival=np.append(1.0, survival),
        survival_low=np.append(np.nan, np.where(known, low, np.nan)),
        survival_high=np.append(np.nan, np.where(known, high, np.nan)),
    )


def log_survival(contracts: Contracts, *, up_to: int) -> Floats:
    """(up_to + 1,) ln of the curve; beyond what was seen, the retention of the last half of the ages goes on.

    A rule to beat, not a model: with S(k) = 0 seen, −inf.
    """
    table = contracts.life_table()
    seen = _seen(table)
    if seen == 0:
        return np.zeros(up_to + 1)
    with np.errstate(divide="ignore"):
        steps = np.log1p(-table.lost[:seen] / table.at_risk[:seen])
        late = slice(seen // 2, seen)
        last = np.log1p(-table.lost[late].sum() / table.at_risk[late].sum())
    steps = np.concatenate([steps, np.full(max(up_to - seen, 0), last)])
    return np.concatenate([[0.0], np.cumsum(steps[:up_to])])


def _seen(table: LifeTable) -> int:
    """Opportunities up to the first that nobody faced."""
    empty = np.flatnonzero(table.at_risk <= 0)
    return int(empty[0]) if len(empty) else len(table)
