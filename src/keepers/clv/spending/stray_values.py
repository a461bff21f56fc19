"""Order values that stand alone: mostly a mistyped amount, which must move nobody else's value."""

import numpy as np
from numpy.typing import NDArray

from keepers.clv.histories import Floats, Integers

MOST = 3  # more customers than these are a kind of customer, not mistakes
TIMES_THE_USUAL = 100.0
TIMES_THE_NEXT = 10.0
_LEAST_CUSTOMERS = 20


def stray_values(largest: Floats, usual: float) -> Integers:
    """Places of the few values that lie far above everybody else's, the largest first; mostly none.

    At most 3, each at least 100 times the usual value, the smallest of them at least 10 times the largest of the rest.

    Args:
        largest: (n,) each customer's largest order value, nan where there is none [money].
        usual: what an occasion is usually worth [money].
    """
    known = np.flatnonzero(np.isfinite(largest))
    if known.size < _LEAST_CUSTOMERS or not usual > 0:
        return np.zeros(0, dtype=np.int64)
    top = known[np.argsort(-largest[known], kind="stable")[: MOST + 1]]
    values = largest[top]
    for count in range(MOST, 0, -1):
        apart = values[count - 1] >= TIMES_THE_NEXT * max(values[count], 0.0)
        if apart and values[count - 1] >= TIMES_THE_USUAL * usual:
            return np.asarray(top[:count], dtype=np.int64)
    return np.zeros(0, dtype=np.int64)


def without(size: int, places: Integers) -> NDArray[np.bool_]:
    """(size,) true but at these places."""
    rest = np.ones(size, dtype=np.bool_)
    rest[places] = False
    return rest
