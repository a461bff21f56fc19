"""Laws of covariates: how a column is written down does not matter, only what it says."""

import numpy as np
import pytest

from keepers.clv import mbg_nbd, pareto_nbd
from keepers.clv.covariates import WithCovariates
from keepers.clv.histories import Histories
from keepers.clv.kinds.design import Design, Numbers

CUSTOMERS = 600
EACH = pytest.mark.parametrize(
    ("base", "values"), [(pareto_nbd, (0.8, 9.0, 0.7, 15.0)), (mbg_nbd, (0.52, 6.2, 0.9, 1.6))], ids=["pareto", "mbg"]
)


def customers(base, values):
    random = np.random.default_rng(11)
    distance = random.choice([0.0, 1.0, 4.0], CUSTOMERS)
    design, pattern = Design.of([Numbers("distance", distance)])
    model = WithCovariates(base, design)
    truth = model.Parameters.from_array(np.array([*values, *np.exp([0.4, -0.3])]))
    return distance, model.simulate(truth, age=random.uniform(20, 60, CUSTOMERS), generator=random, pattern=pattern)


def forecast(base, histories: Histories, terms, order=None) -> np.ndarray:
    """Expected orders of each customer after a fit with these terms."""
    design, pattern = Design.of(terms)
    rows = np.arange(CUSTOMERS) if order is None else order
    described = Histories.of(
        histories.repeat_orders[rows], histories.age_at_last_order[rows], histories.age[rows], pattern=pattern[rows]
    )
    model = WithCovariates(base, design)
    return model.expected_orders(model.fit(described).parameters, described, horizon=26.0)


@EACH
def test_the_unit_of_a_covariate_does_not_matter(base, values) -> None:
    distance, histories = customers(base, values)
    one = forecast(base, histories, [Numbers("km", distance)])
    assert forecast(base, histories, [Numbers("miles", distance / 1.609 + 5)]) == pytest.approx(one, rel=1e-5)


@EACH
def test_a_covariate_turned_round_says_the_same(base, values) -> None:
    distance, histories = customers(base, values)
    one = forecast(base, histories, [Numbers("distance", distance)])
    assert forecast(base, histories, [Numbers("nearness", -distance)]) == pytest.approx(one, rel=1e-5)


@EACH
def test_the_order_of_the_rows_does_not_matter(base, values) -> None:
    distance, histories = customers(base, values)
    shuffled = np.random.default_rng(2).permutation(CUSTOMERS)
    one = forecast(base, histories, [Numbers("distance", distance)])
    assert forecast(base, histories, [Numbers("distance", distance)], shuffled) == pytest.approx(
        one[shuffled], rel=1e-5
    )


@EACH
def test_a_column_of_zeros_changes_nothing(base, values) -> None:
    distance, histories = customers(base, values)
    one = forecast(base, histories, [Numbers("distance", distance)])
    both = forecast(base, histories, [Numbers("distance", distance), Numbers("nothing", np.zeros(CUSTOMERS))])
    assert both == pytest.approx(one, rel=1e-9)
    plain = base.expected_orders(base.fit(histories).parameters, histories, horizon=26.0)
    assert forecast(base, histories, [Numbers("nothing", np.zeros(CUSTOMERS))]) == pytest.approx(plain, rel=1e-4)
