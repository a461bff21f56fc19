"""Gamma-Gamma against figures of the papers and of other libraries, on CDNOW."""

import json
from pathlib import Path

import cdnow
import numpy as np
import pytest

from keepers.clv import gamma_gamma
from keepers.clv.spend import Spend

FIGURES = json.loads((Path(__file__).parent / "gamma_gamma.json").read_text(encoding="utf-8"))


def repeat_spend(data: str) -> Spend:
    summary = cdnow.sample() if data == "sample" else cdnow.master()
    return Spend.of(summary.mean_repeat_value, summary.repeat_orders)


@pytest.mark.parametrize("figures", FIGURES["fits"], ids=lambda figures: figures["data"])
def test_the_fit_on_repeat_spend_is_that_of_the_peers(figures) -> None:
    fit = gamma_gamma.fit(repeat_spend(figures["data"]))
    assert fit.converged
    assert fit.parameters.as_array() == pytest.approx([figures["p"], figures["q"], figures["v"]], rel=2e-4)
    assert fit.log_likelihood == pytest.approx(figures["log_likelihood"], rel=1e-7)
    assert fit.log_likelihood >= figures["log_likelihood"] - 1e-9


@pytest.mark.parametrize("figures", FIGURES["fits"], ids=lambda figures: figures["data"])
def test_the_correlation_with_frequency_is_that_of_the_peers_and_is_reported(figures) -> None:
    spend = repeat_spend(figures["data"])
    fit = gamma_gamma.fit(spend)
    found = gamma_gamma.frequency_dependence(fit.parameters, spend)
    assert found.pearson == pytest.approx(figures["pearson"], rel=1e-9)
    assert found.p_value < 1e-5
    assert any("order more often spend more" in warning for warning in fit.warnings)


def test_expected_values_of_the_listed_customers() -> None:
    listed = FIGURES["customers"]
    rows = listed["rows"]
    spend = Spend.of([row["mean_order_value"] for row in rows], [row["orders"] for row in rows])
    expected = gamma_gamma.expected_order_value(gamma_gamma.Parameters(*listed["parameters"]), spend)
    assert expected == pytest.approx([row["expected"] for row in rows], rel=1e-9)


def test_the_published_expected_values() -> None:
    published = FIGURES["published"]
    summary = cdnow.sample()
    first = np.isin(summary.customer, published["customers"])
    spend = Spend.of(summary.mean_repeat_value[first], summary.repeat_orders[first])
    expected = gamma_gamma.expected_order_value(gamma_gamma.Parameters(*published["parameters"]), spend)
    assert expected == pytest.approx(published["expected"], abs=0.05)


def test_all_occasions_tell_more_customers_than_repeat_ones() -> None:
    summary = cdnow.sample()
    fit = gamma_gamma.fit(Spend.of(summary.mean_order_value, summary.repeat_orders + 1))
    assert fit.customers == 2349
    assert any(warning.startswith("8 of 2357 customers have no occasion or no order value") for warning in fit.warnings)
    assert gamma_gamma.expected_order_value(fit.parameters, Spend.of([500.0], [1]))[0] > 300
