"""The range of what is drawn: its 5 % and 95 % points, from as few as 25 joint draws.

The draws of a run are few and chosen: those of the parameters have the mean and spread of their posterior, and the
strengths of contact are evenly spaced quantiles. The k-th smallest of n draws stands in the middle of its own n-th part
(Hazen 1914, "Storage to be provided in impounding reservoirs"). Taken as usual, from the least draw to the greatest,
the ends would lie too far inside: ranges of 90 % held 85 to 87 % of what was simulated, these hold 89 to 91
(`tests/recovery/test_ranges_of_few_draws.py`).

Chance adds random replicates to each draw, such as eight of a total. Eight times 25 are no 200 draws: where chance is
small they lie in 25 heaps. So each replicate has its own ends, of one total a draw, and their mean counts: these hold
89 to 91 % too, whether chance or the parameters are what is hardly known; all 200 as one held 86 to 89.
"""

from math import ceil

import numpy as np

from keepers.clv.histories import Floats, Integers


def ends_of(draws: Floats | Integers, *, replicates: int = 1, probability: float = 0.9) -> tuple[Floats, Floats]:
    """The ends of the range of 90 %, or another probability, along the first axis: (…) each.

    Args:
        draws: (draws · replicates, …), those of one draw beside each other.
        replicates: random outcomes a draw.
        probability: what the range is to hold, with as much below as above it.
    """
    points = [(1 - probability) / 2, (1 + probability) / 2]
    apart = np.asarray(draws).reshape(len(draws) // replicates, replicates, *np.shape(draws)[1:])
    low, high = np.quantile(apart, points, axis=0, method="hazen").mean(axis=1)
    return low, high


def draws_for(probability: float) -> int:
    """How many draws a range of so much takes: of fewer, its ends lie beyond the middles of the outermost parts."""
    return ceil((1.0 - 1e-9) / (1.0 - probability))
