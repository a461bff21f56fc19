"""Which model of spend, and whom it does not learn from."""

import numpy as np
import pytest

from keepers.clv.stray_values import stray_values
from keepers.valuation.spending import _better


def test_the_higher_log_score_wins() -> None:
    found = _better({"gamma-gamma": -4.2, "log-normal": -4.1}, {"gamma-gamma": 0.01, "log-normal": 0.03}, "May to June")
    assert found.model == "log-normal"
    assert found.reason == (
        "log-normal forecast best what customers' orders from May to June were worth "
        "(mean log score: log-normal -4.1000, gamma-gamma -4.2000)."
    )


def test_a_better_density_with_a_clearly_worse_mean_does_not() -> None:
    found = _better({"gamma-gamma": -4.2, "log-normal": -4.1}, {"gamma-gamma": 0.01, "log-normal": 0.2}, "May to June")
    assert found.model == "gamma-gamma"
    assert "its mean missed it by +22%, against +1%" in found.reason


def test_one_amount_far_above_everybodys_is_found() -> None:
    largest = np.append(np.linspace(20, 300, 50), 30_000.0)
    assert stray_values(largest, 40.0).tolist() == [50]


def test_two_mistyped_amounts_are_found_together() -> None:
    largest = np.concatenate([[60_000.0, np.nan], np.linspace(20, 300, 50), [55_000.0]])
    assert stray_values(largest, 40.0).tolist() == [0, 52]


@pytest.mark.parametrize("largest", [[2_900.0], [3_500.0] * 4 + [3_000.0], [900.0, 9_000.0, 2_500.0]])
def test_big_customers_are_no_mistakes(largest: list[float]) -> None:
    assert stray_values(np.concatenate([np.linspace(20, 300, 50), largest]), 40.0).size == 0


def test_a_handful_of_customers_tells_nothing_of_what_is_usual() -> None:
    assert stray_values(np.array([20.0, 30.0, 90_000.0]), 25.0).size == 0
