"""Random numbers of a valuation: each use has a root of its own, so that none sees the numbers of another."""

from enum import IntEnum

import numpy as np


class Use(IntEnum):
    """What random numbers are for; the numbers are part of each root, so never changed."""

    FITS_AND_FUTURES = 0  # of the futures those of later blocks and all parts draw from deeper branches than fits
    ONE_NEWCOMER = 4
    TOP_TENTH = 10
    MONTHS = 11
    VALUE_SCORES = 12
    BACKTEST_WEEKS = 13


def generator_for(use: Use, seed: int, place: int = 0) -> np.random.Generator:
    """The random numbers of a use under the seed of a run; of a block of customers by its place."""
    return np.random.default_rng([seed, use, place])
