"""The points of how many orders customers will make, from the formulas: no noise of random draws, alike for alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.model import PurchaseModel

_ROWS_AT_ONCE = 20_000
_LEAST_REACH, _REACH_OF_MEAN = 4, 2.5  # counts that are looked at first: mostly these hold the upper point
_FURTHER = 4  # times as many where they do not
MOST = 4_000  # counts that are looked at at all


def count_points(
    model: PurchaseModel,
    parameters: Sequence[Any],
    intensity: Floats,
    histories: Histories,
    mean: Floats,
    *,
    horizon: float,
    low: float,
    high: float,
) -> tuple[Floats, Floats]:
    """(n,) smallest counts that are reached with chances of `low` and of `high`.

    Args:
        model: of orders.
        parameters: of each draw.
        intensity: (draws, n) multiplier of each customer's future rate in each draw; the same for equal orders and age.
        histories: (n,) each once.
        mean: (n,) expected orders. Where it is below 1 − high no order is likelier than that (Markov), so both are 0.
        horizon: [time unit].
        low: chance of the lower point.
        high: chance of the upper point.
    """
    lows, highs = np.zeros(len(histories)), np.zeros(len(histories))
    left = np.flatnonzero(mean >= 1.0 - high)
    reach = np.ceil(_LEAST_REACH + _REACH_OF_MEAN * mean).astype(np.int64)
    while left.size:
        left = left[np.argsort(reach[left], kind="stable")]
        unfinished = []
        for some in np.array_split(left, -(-left.size // _ROWS_AT_ONCE)):
            for alike in _of_like_reach(some, reach):
                up_to = int(min(reach[alike].max(), MOST))
                reached = _reached(
                    model, parameters, intensity[:, alike], histories.at(alike), horizon=horizon, up_to=up_to
                )
                lows[alike], highs[alike] = ((reached < level).sum(axis=1) for level in (low, high))
                if up_to < MOST:
                    unfinished.append(alike[reached[:, -1] < high])
        left = np.concatenate(unfinished) if unfinished else left[:0]
        reach[left] = np.minimum(_FURTHER * reach[left], MOST)
    return lows, highs


def _of_like_reach(rows: Integers, reach: Integers) -> list[Integers]:
    """Rows, rising by reach, apart where it doubles: what is computed for one is then little too much for another."""
    size = np.ceil(np.log2(reach[rows])).astype(np.int64)
    return np.split(rows, np.flatnonzero(np.diff(size)) + 1)


def _reached(
    model: PurchaseModel,
    parameters: Sequence[Any],
    intensity: Floats,
    histories: Histories,
    *,
    horizon: float,
    up_to: int,
) -> Floats:
    """(n, up_to + 1) chance of at most 0, 1 … orders."""
    pmf = np.zeros((len(histories), up_to + 1))
    for one, factors in zip(parameters, intensity, strict=True):
        pmf += model.order_count_pmf(one, histories, horizon=horizon, up_to=up_to, intensity=factors)
    return np.asarray(np.cumsum(pmf, axis=1) / len(parameters))
