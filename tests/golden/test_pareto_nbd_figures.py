"""Pareto/NBD against figures of the papers and of other libraries, on CDNOW; times in weeks."""

import json
from pathlib import Path

import cdnow
import numpy as np
import pytest

from keepers.clv import pareto_nbd
from keepers.clv.histories import Histories

FIGURES = json.loads((Path(__file__).parent / "pareto_nbd.json").read_text(encoding="utf-8"))
NAMES = ("r", "alpha", "s", "beta")


def histories(data: str) -> Histories:
    summary = cdnow.sample() if data == "sample" else cdnow.master()
    return Histories.of(summary.repeat_orders, summary.age_at_last_order, summary.age, time_unit_days=7)


def listed(rows) -> Histories:
    return Histories.of([row["x"] for row in rows], [row["t_x"] for row in rows], [row["T"] for row in rows])


def new_customer() -> Histories:
    return Histories.of([0], [0.0], [0.0], time_unit_days=7)


def parameters(values) -> pareto_nbd.Parameters:
    return pareto_nbd.Parameters.from_array(np.array(values))


@pytest.mark.parametrize("figures", FIGURES["fits"], ids=lambda figures: f"{figures['data']}-{figures['source']}")
def test_the_fit_is_that_of_the_peers(figures) -> None:
    fit = pareto_nbd.fit(histories(figures["data"]))
    assert fit.converged
    assert fit.warnings == ()
    assert fit.parameters.as_array() == pytest.approx(figures["parameters"], rel=5e-3)
    assert fit.log_likelihood == pytest.approx(figures["log_likelihood"], rel=1e-6)
    assert fit.log_likelihood >= figures["log_likelihood"] - 1e-6


def test_the_published_fit() -> None:
    fit = pareto_nbd.fit(histories("sample"))
    assert fit.parameters.as_array() == pytest.approx(FIGURES["published_fit"]["parameters"], abs=5e-4)
    assert fit.log_likelihood == pytest.approx(FIGURES["published_fit"]["log_likelihood"], abs=0.05)


def test_days_give_the_parameters_of_weeks_times_seven() -> None:
    weeks = pareto_nbd.fit(histories("sample"))
    days = pareto_nbd.fit(histories("sample").in_unit(1))
    assert days.parameters.as_array() == pytest.approx(weeks.parameters.as_array() * [1, 7, 1, 7], rel=1e-7)


def test_the_listed_customers() -> None:
    figures = FIGURES["customers"]
    past, at = listed(figures["rows"]), parameters(figures["parameters"])
    alive = pareto_nbd.probability_alive(at, past)
    orders = pareto_nbd.expected_orders(at, past, horizon=figures["horizon"])
    discounted = pareto_nbd.discounted_expected_orders(at, past, horizon=1e6, discount_rate=figures["discount_rate"])
    assert alive == pytest.approx([row["alive"] for row in figures["rows"]], rel=1e-6)
    assert orders == pytest.approx([row["orders"] for row in figures["rows"]], rel=1e-6)
    assert discounted == pytest.approx([row["discounted"] for row in figures["rows"]], rel=1e-6)


def test_a_new_customer_of_the_peers() -> None:
    figures = FIGURES["new_customer"]
    at = parameters(figures["parameters"])
    assert pareto_nbd.expected_orders(at, new_customer(), horizon=52) == pytest.approx(
        [figures["expected_in_52_weeks"]], rel=1e-9
    )
    pmf = pareto_nbd.order_count_pmf(at, new_customer(), horizon=39, up_to=5)[0]
    assert pmf == pytest.approx(figures["pmf_of_39_weeks"], rel=1e-8)


def test_the_published_expectation_of_a_new_customer() -> None:
    figures = FIGURES["published_expectation_of_a_new_customer"]
    at = pareto_nbd.fit(histories("sample")).parameters
    expected = [pareto_nbd.expected_orders(at, new_customer(), horizon=week)[0] for week in range(10)]
    assert expected == pytest.approx(figures["values"], rel=0.01)


def test_the_published_customer() -> None:
    figures = FIGURES["published_customer"]
    at = pareto_nbd.fit(histories("sample")).parameters
    past = listed([figures])
    assert pareto_nbd.expected_orders(at, past, horizon=52)[0] == pytest.approx(
        figures["expected_in_52_weeks"], abs=0.01
    )
    assert pareto_nbd.probability_alive(at, past)[0] == pytest.approx(figures["alive"], abs=5e-5)


def test_long_histories_that_underflow_elsewhere() -> None:
    figures = FIGURES["long_histories"]
    orders = pareto_nbd.expected_orders(parameters(figures["parameters"]), listed(figures["rows"]), horizon=10)
    assert orders == pytest.approx([row["orders"] for row in figures["rows"]], rel=1e-12)


def test_the_posterior_under_the_priors_of_the_reference() -> None:
    past = histories("sample")
    found = pareto_nbd.posterior(pareto_nbd.fit(past), past, draws=25, generator=np.random.default_rng(1))
    points, scale = found.points, np.array([1.0, 10.0, 1.0, 10.0])
    log_ours = pareto_nbd.prior(past).log_density(np.log(points))
    log_theirs = (2 * np.log(points / scale) - (points / scale) ** 2).sum(
        axis=1
    )  # Weibull(2, scale), in log parameters
    weights = found.weights * np.exp(log_theirs - log_ours)
    weights /= weights.sum()
    for j, name in enumerate(NAMES):
        figures = FIGURES["posterior"]["parameters"][name]
        mean = weights @ points[:, j]
        spread = np.sqrt(weights @ (points[:, j] - mean) ** 2)
        assert mean == pytest.approx(figures["mean"], abs=0.15 * figures["sd"]), name
        assert spread == pytest.approx(figures["sd"], rel=0.1), name
