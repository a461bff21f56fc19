"""BG/NBD, MBG/NBD and MBG/CNBD-k against figures of the papers and of other libraries, on CDNOW."""

import json
from pathlib import Path

import cdnow
import numpy as np
import pytest

from keepers.clv import bg_nbd, mbg_cnbd_k, mbg_nbd
from keepers.clv.histories import Histories

MODELS = {"bg_nbd": bg_nbd, "mbg_nbd": mbg_nbd, "mbg_cnbd_k": mbg_cnbd_k}
FIGURES = {name: json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8")) for name in MODELS}
FITS = [(name, figures) for name in MODELS for figures in FIGURES[name]["fits"]]


def histories(data: str) -> Histories:
    summary = cdnow.sample() if data == "sample" else cdnow.master()
    return Histories.of(
        summary.repeat_orders,
        summary.age_at_last_order,
        summary.age,
        time_unit_days=7,
        sum_log_gaps=summary.sum_log_gaps,
    )


def new_customer() -> Histories:
    return Histories.of([0], [0.0], [0.0], time_unit_days=7)


@pytest.mark.parametrize(("name", "figures"), FITS, ids=lambda part: part if isinstance(part, str) else part["source"])
def test_the_fit_is_that_of_the_peers(name: str, figures) -> None:
    fit = MODELS[name].fit(histories(figures["data"]))
    assert fit.converged
    assert fit.parameters.as_array() == pytest.approx(figures["parameters"], rel=5e-4)
    assert fit.log_likelihood == pytest.approx(figures["log_likelihood"], rel=1e-6)
    assert fit.log_likelihood >= figures["log_likelihood"] - 1e-6


def test_the_gaps_that_tell_regularity_are_those_of_the_peers() -> None:
    figures = FIGURES["mbg_cnbd_k"]["sums_of_log_gaps"]
    summary = cdnow.sample()
    rows = np.searchsorted(summary.customer, figures["customers"])
    assert summary.sum_log_gaps[rows] == pytest.approx(figures["values"], rel=1e-11)


@pytest.mark.parametrize("name", ["bg_nbd", "mbg_nbd"])
def test_orders_and_chance_of_being_alive_of_the_listed_customers(name: str) -> None:
    model = MODELS[name]
    listed = FIGURES[name]["customers"]
    rows = listed["rows"]
    past = Histories.of([row["x"] for row in rows], [row["t_x"] for row in rows], [row["T"] for row in rows])
    parameters = model.Parameters.from_array(listed["parameters"])
    orders = model.expected_orders(parameters, past, horizon=listed["horizon"])
    assert orders == pytest.approx([row["orders"] for row in rows], rel=1e-9)
    assert model.probability_alive(parameters, past) == pytest.approx([row["alive"] for row in rows], rel=1e-9)


def test_the_published_parameters_of_mbg_nbd() -> None:
    fit = mbg_nbd.fit(histories("sample"))
    assert fit.parameters.as_array() == pytest.approx(FIGURES["mbg_nbd"]["published"]["parameters"], abs=5e-4)


def test_the_published_expectation_of_a_new_customer() -> None:
    figures = FIGURES["bg_nbd"]["published"]["expected_of_a_new_customer"]
    parameters = bg_nbd.fit(histories("sample")).parameters
    expected = [bg_nbd.expected_orders(parameters, new_customer(), horizon=time)[0] for time in figures["times"]]
    assert expected == pytest.approx(figures["values"], abs=5e-4)


def test_the_published_distribution_of_a_new_customer() -> None:
    published = FIGURES["bg_nbd"]["published"]
    parameters = bg_nbd.Parameters.from_array(published["parameters"])
    figures = published["pmf_of_a_new_customer"]

    def chances(horizon: float) -> list[float]:
        return list(bg_nbd.order_count_pmf(parameters, new_customer(), horizon=horizon, up_to=20)[0])

    assert chances(2)[10] == pytest.approx(figures["horizon_2_orders_10"], rel=1e-5)
    assert chances(39)[0] == pytest.approx(figures["horizon_39_orders_0"], rel=1e-5)
    assert chances(30)[11:] == pytest.approx(figures["horizon_30_orders_11_to_20"], rel=1e-5)


def test_the_published_expected_orders() -> None:
    published = FIGURES["bg_nbd"]["published"]
    figures = published["expected_orders"]
    past = Histories.of([figures["x"]], [figures["t_x"]], [figures["T"]])
    orders = bg_nbd.expected_orders(
        bg_nbd.Parameters.from_array(published["parameters"]), past, horizon=figures["horizon"]
    )
    assert orders[0] == pytest.approx(figures["value"], abs=5e-4)


def test_the_posterior_of_bg_nbd_agrees_with_a_long_chain_where_priors_hardly_matter() -> None:
    """Adaptive Metropolis, 4 × 15,000, under another library's default priors: r 0.2452 ± 0.0130, alpha 4.50 ± 0.39."""
    past = histories("sample")
    posterior = bg_nbd.posterior(bg_nbd.fit(past), past, draws=100, generator=np.random.default_rng(1))
    assert posterior.k_hat < 0.7
    assert posterior.mean[0] == pytest.approx(0.2452, abs=0.3 * 0.0130)
    assert posterior.mean[1] == pytest.approx(4.50, abs=0.3 * 0.39)
    spread = (posterior.quantile(0.95) - posterior.quantile(0.05)) / 3.29
    assert spread[:2] == pytest.approx([0.0130, 0.39], rel=0.1)
