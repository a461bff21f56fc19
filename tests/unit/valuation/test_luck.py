"""Random numbers of a valuation, and of what is done within it."""

from itertools import pairwise

import numpy as np

from keepers.valuation.luck import Use, generator_for


def test_no_use_and_no_block_sees_the_random_numbers_of_another() -> None:
    roots = [generator_for(use, 1) for use in Use] + [generator_for(Use.FITS_AND_FUTURES, 1, k) for k in range(1, 15)]
    children = [child for root in roots for child in root.spawn(25)]
    futures = [child for each in generator_for(Use.FITS_AND_FUTURES, 1).spawn(25) for child in each.spawn(25)]
    first = sorted(float(each.random()) for each in (*roots, *children, *futures))
    assert all(one < other for one, other in pairwise(first))
    assert generator_for(Use.FITS_AND_FUTURES, 1).random() == np.random.default_rng(1).random()
