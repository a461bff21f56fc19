"""Whom a proposal looks at to learn how far gains spread: some of all, by lot of their numbers."""

import numpy as np
import pytest

from keepers.crm.approvals import asking

MANY = 400_000


@pytest.mark.parametrize("apart", [1, 7, 1_024])
def test_of_many_about_as_many_are_looked_at_from_each_part_of_them(apart: int) -> None:
    customers = np.arange(MANY, dtype=np.int64) * apart + 5
    some = asking._some(customers)
    assert len(some) == pytest.approx(asking.LOOKED_AT, rel=0.1)
    parts, _edges = np.histogram(some, bins=10, range=(customers[0], customers[-1]))
    assert parts == pytest.approx(asking.LOOKED_AT / 10, rel=0.25), "of the first and of the last alike"


def test_of_few_all_are_looked_at_in_any_order() -> None:
    customers = np.array([9, 2, 77, 3], np.int64)
    assert asking._some(customers).tolist() == [9, 2, 77, 3]
