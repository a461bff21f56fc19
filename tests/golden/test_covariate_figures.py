"""Covariates against CLVTools' figures, customer by customer, at its own parameters; times in weeks.

The likelihood of the whole data set, which is not ours to hand on, was compared by hand: −5821.06269 at our maximum
against its −5821.06271 (Pareto/NBD), and −5821.0627 + the ridge at its penalised one.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from keepers.clv import bg_nbd, pareto_nbd
from keepers.clv.covariates import WithCovariates
from keepers.clv.histories import Histories
from keepers.clv.kinds.design import Column, Design

FIGURES = json.loads((Path(__file__).parent / "covariates.json").read_text(encoding="utf-8"))
PATTERNS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
DESIGN = Design((Column("Gender", None, 600.0), Column("Channel", None, 600.0)), PATTERNS, np.full(4, 0.25))


def customers(figures) -> Histories:
    rows = figures["customers"]
    return Histories.of(
        [row["x"] for row in rows],
        [row["last_day"] / 7 for row in rows],
        [row["days"] / 7 for row in rows],
        time_unit_days=7,
        pattern=[2 * row["gender"] + row["channel"] for row in rows],
    )


def listed(figures, name: str) -> list[float]:
    return [row[name] for row in figures["customers"]]


def test_the_pareto_nbd_with_covariates_says_what_clvtools_says() -> None:
    figures = FIGURES["pareto-nbd"]
    model, past = WithCovariates(pareto_nbd, DESIGN), customers(figures)
    effects = np.exp([*figures["purchase"], *figures["dropout"]])
    at = model.Parameters.from_array(np.array([*figures["parameters"], *effects]))
    alive = model.probability_alive(at, past)
    orders = model.expected_orders(at, past, horizon=FIGURES["horizon"])
    discounted = model.discounted_expected_orders(at, past, horizon=5_000.0, discount_rate=FIGURES["discount_rate"])
    assert alive == pytest.approx(listed(figures, "probability_alive"), rel=1e-5)
    assert orders == pytest.approx(listed(figures, "expected_orders"), rel=1e-5)
    assert discounted == pytest.approx(listed(figures, "discounted_expected_orders"), rel=1e-5)


def test_the_bg_nbd_at_the_parameters_of_clvtools_says_what_it_says() -> None:
    """Its form (a and b multiplied alike) is not ours, so each pattern's parameters are written out."""
    figures = FIGURES["bg-nbd"]
    past, rows = customers(figures), figures["customers"]
    r, alpha, a, b = figures["parameters"]
    for place, row in enumerate(rows):
        z = np.array([row["gender"], row["channel"]])
        size = np.exp(z @ figures["dropout"])
        own = bg_nbd.Parameters(r, alpha * np.exp(-(z @ figures["purchase"])), a * size, b * size)
        here = past.at(np.array([place]))
        assert bg_nbd.probability_alive(own, here)[0] == pytest.approx(row["probability_alive"], rel=1e-5)
        orders = bg_nbd.expected_orders(own, here, horizon=FIGURES["horizon"])[0]
        assert orders == pytest.approx(row["expected_orders"], rel=1e-4)
