"""The range of what is drawn: its 5 % and 95 % points, from as few as 25 joint draws.

The draws of a run are few and chosen: those of the parameters have the mean and spread of their posterior, and the
strengths of contact are evenly spaced quantiles. The k-th smallest of n draws stands in the middle of its own n-th part
(Hazen 1914, "Storage to be provided in impounding reservoirs"). Taken as usual, from the least draw to the greatest,
the ends would lie too far inside: ranges of 90 % held 85 to 87 % of what was simulated, these hold 89 to 91
(`tests/recovery/test_ranges_of_plans.py`).
"""

import numpy as np

from keepers.decisions.effects import Floats

LOW, HIGH = 0.05, 0.95


def ends_of(draws: Floats) -> tuple[Floats, Floats]:
    """The ends of the range of 90 % of draws (draws, …), along their first axis: (…) each."""
    low, high = np.quantile(draws, [LOW, HIGH], axis=0, method="hazen")
    return low, high
