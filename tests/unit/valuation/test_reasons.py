import numpy as np
import pytest

from keepers.valuation.reasons import reason_of


@pytest.mark.parametrize(
    ("orders", "age_at_last_order", "age", "reason"),
    [
        (7, 252.0, 539.0, "Last of 7 orders 41 weeks ago; usual gap 6 weeks."),
        (1, 0.0, 12.0, "One order, 12 days ago."),
        (1, 0.0, 1.0, "One order, 1 day ago."),
        (1, 0.0, 0.0, "One order, today."),
        (3, 2.0, 2.0, "Last of 3 orders today; usual gap 1 day."),
        (2, 400.0, 800.0, "Last of 2 orders 13 months ago; usual gap 13 months."),
        (2, 2000.0, 4000.0, "Last of 2 orders 5 years ago; usual gap 5 years."),
    ],
)
def test_a_reason_says_how_long_ago_and_the_usual_gap(
    orders: int, age_at_last_order: float, age: float, reason: str
) -> None:
    found = reason_of(orders=np.array([orders]), age_at_last_order=np.array([age_at_last_order]), age=np.array([age]))
    assert found.to_pylist() == [reason]
