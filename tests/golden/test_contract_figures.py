"""The models of contracts against the published cohorts of Fader and Hardie and an independent optimiser."""

import json
from pathlib import Path

import numpy as np
import pytest

from keepers.clv import beta_discrete_weibull, shifted_beta_geometric
from keepers.clv.renewals.contracts import Contracts

FIGURES = json.loads((Path(__file__).parent / "contracts.json").read_text(encoding="utf-8"))
MODELS = {model.NAME: model for model in (shifted_beta_geometric, beta_discrete_weibull)}
EACH = pytest.mark.parametrize("figures", FIGURES["fits"], ids=lambda f: f"{f['model']} {f['cohort']} {f['years']}")


def cohort(name: str, years: int) -> Contracts:
    return Contracts.of_survivors(FIGURES["cohorts"][name][: years + 1])


@EACH
def test_the_fit_is_that_of_an_independent_optimiser(figures) -> None:
    fit = MODELS[figures["model"]].fit(cohort(figures["cohort"], figures["years"]))
    assert fit.converged
    assert fit.parameters.as_array() == pytest.approx(figures["parameters"], rel=1e-5)
    assert fit.log_likelihood == pytest.approx(figures["log_likelihood"], rel=1e-9)
    assert fit.log_likelihood >= figures["log_likelihood"] - 1e-8


@EACH
def test_the_curve_is_that_of_the_paper_also_beyond_the_years_seen(figures) -> None:
    model = MODELS[figures["model"]]
    parameters = model.Parameters.from_array(figures["parameters"])
    assert model.survival(parameters, np.arange(13)) == pytest.approx(figures["survival"], abs=1e-9)


@pytest.mark.parametrize("figures", FIGURES["published"], ids=lambda f: f["cohort"])
def test_the_published_parameters_are_found(figures) -> None:
    fit = shifted_beta_geometric.fit(cohort(figures["cohort"], 7))
    assert fit.parameters.as_array() == pytest.approx(figures["parameters"], abs=6e-4)
    assert fit.log_likelihood == pytest.approx(figures["log_likelihood"], abs=0.06)


@pytest.mark.parametrize("figures", [f for f in FIGURES["fits"] if "derl" in f], ids=lambda f: f["cohort"])
def test_discounted_residual_renewals_just_before_a_renewal_are_those_of_the_paper(figures) -> None:
    parameters = shifted_beta_geometric.Parameters.from_array(figures["parameters"])
    running = Contracts.of(np.arange(5), np.zeros(5))
    found = shifted_beta_geometric.discounted_expected_renewals(
        parameters, running, horizon=3_000, discount_rate=np.log(1.1), next_renewal=0.0
    )
    assert found == pytest.approx(figures["derl"], rel=1e-6)
