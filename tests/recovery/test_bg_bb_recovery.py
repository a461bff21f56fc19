"""Simulate BG/BB, fit, and find the parameters again."""

import numpy as np

from keepers.clv import bg_bb

TRUTH = bg_bb.Parameters(1.2, 0.75, 0.66, 2.8)


def test_parameters_are_found_again_and_their_intervals_hold_them() -> None:
    held, random = np.zeros(4), np.random.default_rng(101)
    for _ in range(6):
        histories = bg_bb.simulate(TRUTH, age=random.integers(5, 9, 2_000).astype(float), generator=random)
        found = bg_bb.posterior(bg_bb.fit(histories), histories, draws=25, generator=random)
        held += (found.quantile(0.05) <= TRUTH.as_array()) & (TRUTH.as_array() <= found.quantile(0.95))
    assert held.mean() / 6 >= 0.8
