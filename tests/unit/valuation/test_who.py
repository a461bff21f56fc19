"""Whether it is worth telling customers apart: only where earlier forecasts gained clearly."""

import numpy as np
import pytest

from keepers.valuation.choosing.who import clearly_better

CUSTOMERS = 400
BEFORE = [np.full(CUSTOMERS, -1.0), np.full(CUSTOMERS, -1.2)]


def gained(mean: float) -> list[np.ndarray]:
    """Gains that scatter by 0.2 around their mean: a standard error of 0.01."""
    around = np.tile([0.2, -0.2], CUSTOMERS // 2)
    return [logs + mean + around for logs in BEFORE]


@pytest.mark.parametrize(("mean", "clear"), [(-0.02, False), (0.005, False), (0.02, True)])
def test_a_gain_counts_from_one_standard_error_on(mean: float, clear: bool) -> None:
    assert clearly_better(gained(mean), BEFORE) is clear
