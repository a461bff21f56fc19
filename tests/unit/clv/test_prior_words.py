"""Where the prior decides, a sentence says so; where the data do, none does."""

import numpy as np

import keepers.clv as clv
from keepers.clv import mbg_nbd, pareto_nbd
from keepers.clv.histories import Histories
from keepers.clv.inference.prior_words import ORDERS_AND_STAY, prior_in_words


def told(*spreads: float) -> str:
    """Of a posterior whose directions have these standard deviations of the prior's."""
    points = np.random.default_rng(1).normal(size=(4_000, 4)) * np.array(spreads)
    return " ".join(prior_in_words(ORDERS_AND_STAY, points, np.full(4_000, 1 / 4_000), np.ones(4)))


def test_what_the_data_tell_needs_no_words() -> None:
    assert told(0.1, 0.2, 0.1, 0.4) == ""


def test_a_question_that_the_data_leave_open_is_named() -> None:
    assert told(0.1, 0.2, 0.9, 0.8).startswith("The history says next to nothing about how long they stay:")


def test_an_average_may_be_known_while_differences_are_not() -> None:
    assert told(0.1, 0.2, 0.1, 0.9).startswith("The history tells how long they stay on average, but hardly")


def test_long_histories_of_many_say_nothing_and_short_ones_of_few_warn() -> None:
    truth = mbg_nbd.Parameters(0.9, 8.0, 0.6, 2.5)
    for customers, weeks, warns in ((3_000, 100.0, False), (40, 8.0, True)):
        random = np.random.default_rng(7)
        past = mbg_nbd.simulate(truth, age=random.uniform(2.0, weeks, customers), generator=random)
        found = mbg_nbd.posterior(mbg_nbd.fit(past), past, draws=25, generator=random)
        assert any("how long they stay" in warning for warning in found.warnings) is warns


def test_a_base_of_one_time_buyers_says_that_nothing_is_known() -> None:
    ages = np.arange(5.0, 45.0)
    past = Histories.of(np.zeros(40), np.zeros(40), ages)
    found = pareto_nbd.posterior(pareto_nbd.fit(past), past, draws=25, generator=np.random.default_rng(1))
    assert sum("next to nothing" in warning for warning in found.warnings) == 2
    table = {"repeat_orders": np.zeros(40), "age_at_last_order": np.zeros(40), "age": ages}
    customers = clv.Customers.from_summary(
        table, repeat_orders="repeat_orders", age_at_last_order="age_at_last_order", age="age"
    )
    fitted = clv.ValueModel(model="mbg-nbd").fit(customers)
    assert "No customer has ordered again" in fitted.describe()
