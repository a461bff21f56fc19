"""A fit with known draws, as a run would have kept it, for the tests of one customer's paths."""

import json
from datetime import date
from typing import Any

import numpy as np

from keepers.valuation.fits import ALL, ALREADY, SINCE
from keepers.valuation.kept import SPEND, KeptFit, kept_fit

DRAWS = 25


def purchase_row(name: str = ALL, *, r: float = 0.9, settled_on: date | None = None) -> dict[str, Any]:
    generator = np.random.default_rng(3)
    draws = np.exp(np.log([r, 6.0, 0.5, 4.0]) + generator.normal(0, 0.05, (DRAWS, 4)))
    told = {"settled_on": None if settled_on is None else settled_on.isoformat()}
    return {
        "model": "mbg-nbd",
        "part": name,
        "parameters": json.dumps({"r": r, "alpha": 6.0, "a": 0.5, "b": 4.0}),
        "draws": json.dumps(draws.tolist()),
        "diagnostics": json.dumps(told),
        "time_unit_days": 7.0,
    }


def shared_rows() -> tuple[dict[str, Any], dict[str, Any]]:
    """A segment of two models: three in five of the draws are of the first."""
    generator = np.random.default_rng(4)
    one = purchase_row() | {"diagnostics": json.dumps({"settled_on": None, "model_weight": 0.6})}
    one["draws"] = json.dumps(json.loads(one["draws"])[:15])
    draws = np.exp(np.log([0.8, 7.0, 0.6, 20.0]) + generator.normal(0, 0.05, (10, 4)))
    other = one | {"model": "pareto-nbd", "draws": json.dumps(draws.tolist())}
    other["parameters"] = json.dumps({"r": 0.8, "alpha": 7.0, "s": 0.6, "beta": 20.0})
    other["diagnostics"] = json.dumps({"settled_on": None, "model_weight": 0.4})
    return one, other


def spend_row() -> dict[str, Any]:
    draws = np.tile([4.0, 4.0, 40.0], (DRAWS, 1))
    return {"model": "gamma-gamma", "part": SPEND, "draws": json.dumps(draws.tolist()), "diagnostics": "{}"}


def parameters() -> str:
    return json.dumps({"assumptions": {"horizon": 364.0, "value_cap": 1826.25, "annual_discount": 0.1}})


def diagnostics() -> str:
    return json.dumps({"total_miss": {"spread": 0.1}, "drift": {"variance": 0.1, "days": 182.0}})


def fit(*rows: dict[str, Any]) -> KeptFit:
    given = rows or (purchase_row(), spend_row())
    return kept_fit(given, parameters=parameters(), diagnostics=diagnostics())


def two_segments(settled_on: date) -> KeptFit:
    return fit(purchase_row(ALREADY, r=2.0, settled_on=settled_on), purchase_row(SINCE, settled_on=settled_on))
