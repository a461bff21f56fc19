"""Whether the arms hold as many people as the lots should have given: if not, something is lost, and no effect counts.

Where clusters were drawn, clusters are counted: their people come in lumps that the lots know nothing of.

The check may be made every day: it is a Bayes factor of "other shares" against the planned ones, a martingale under the
planned ones, so that it ever passes 1 ÷ `ALARM` with at most that chance (Lindon and Malek 2022, "Anytime-valid
inference for multinomial count data"; averaged over three concentrations of the prior, which keeps the property).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

from keepers.core.errors import KeepersError

ALARM = 0.01
_CONCENTRATIONS = (10.0, 1_000.0, 100_000.0)


class InvalidSharesError(KeepersError):
    """Shares that no lots can have had."""


@dataclass(frozen=True, slots=True)
class Balance:
    """People in each arm beside those that the lots should have given.

    people, expected: of each arm; clusters, where they were drawn.
    doubt: evidence against the planned shares, a factor; above 1 ÷ `ALARM` the experiment cannot be trusted.
    counted: what was drawn and is counted here, "people" or "clusters".
    """

    people: Mapping[str, int]
    expected: Mapping[str, float]
    doubt: float
    counted: str = "people"

    @property
    def holds(self) -> bool:
        """Whether the arms may be compared."""
        return self.doubt < 1 / ALARM

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "people": dict(self.people),
            "expected": dict(self.expected),
            "doubt": self.doubt,
            "counted": self.counted,
            "holds": self.holds,
        }


def balance(people: Mapping[str, int], shares: Mapping[str, float], *, counted: str = "people") -> Balance:
    """Hold the people, or the clusters, counted in each arm against the shares of the lots.

    Raises:
        InvalidSharesError: a share that is not a number above zero.
    """
    if bad := [arm for arm, share in shares.items() if not (share > 0 and isfinite(share))]:
        raise InvalidSharesError(
            f'The share of "{bad[0]}" is {shares[bad[0]]:g}; the lots gave every arm a share above 0. Mend it.'
        )
    arms = list(shares)
    counts = np.array([people.get(arm, 0) for arm in arms], dtype=np.float64)
    planned = np.array([shares[arm] for arm in arms]) / sum(shares.values())
    expected = {arm: float(counts.sum() * share) for arm, share in zip(arms, planned, strict=True)}
    whole = {arm: int(count) for arm, count in zip(arms, counts, strict=True)}
    return Balance(whole, expected, _doubt(counts, planned), counted)


def shares_told(
    arm: NDArray[np.intp], probability: NDArray[np.float64], arms: Sequence[str]
) -> dict[str, float] | None:
    """The chances that the lots had, by arm; None where they differ within an arm, or an arm has nobody.

    Where customers joined at another share, whoever was likely to get an arm is most of it: the mean chance of those in
    it is above the chance of all, so no mean may stand for the share of the lots.

    Args:
        arm: (n,) place of each one's arm in `arms`.
        probability: (n,) chance of the arm that each got.
        arms: names of the arms.
    """
    by_arm = [probability[arm == place] for place in range(len(arms))]
    if any(each.size == 0 or np.ptp(each) > 1e-9 for each in by_arm):
        return None
    return {name: float(each[0]) for name, each in zip(arms, by_arm, strict=True)}


def _doubt(counts: NDArray[np.float64], planned: NDArray[np.float64]) -> float:
    factors = [_log_factor(counts, planned, each) for each in _CONCENTRATIONS]
    return float(np.exp(min(logsumexp(factors) - log(len(factors)), 700.0)))


def _log_factor(counts: NDArray[np.float64], planned: NDArray[np.float64], concentration: float) -> float:
    """Log of the Dirichlet-multinomial's likelihood over the planned multinomial's."""
    prior = concentration * planned
    seen = gammaln(prior.sum()) - gammaln(prior.sum() + counts.sum()) + np.sum(gammaln(prior + counts) - gammaln(prior))
    return float(seen - counts @ np.log(planned))
