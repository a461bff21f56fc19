"""The value engine, arrays in, arrays out: what customers will order, for how long, their worth, and how sure it is.

Each model is one module of functions with the same names: `pareto_nbd`, `bg_nbd`, `mbg_nbd`, `mbg_cnbd_k`, `bg_bb` for
orders, `gamma_gamma`, `log_normal_spend` for spend, `shifted_beta_geometric`, `beta_discrete_weibull` for contracts.
`histories` holds what they read, `fitting` and `posterior` what they share, `predictive` turns a posterior into
customers' values with intervals.

For somebody with a data frame: `Customers`, `ValueModel`, `backtest`, `save`, `load` and `plots` are found here.
"""

from importlib import import_module
from typing import Any

_FRONT = {
    "Customers": "customers",
    "ValueModel": "value_model",
    "FittedValueModel": "value_model",
    "Backtest": "backtest",
    "backtest": "backtest",
    "save": "saved",
    "load": "saved",
}


def __getattr__(name: str) -> Any:
    """The front for analysts, imported when it is first asked for: a model alone starts sooner without it."""
    if name == "plots":
        return import_module("keepers.clv.analysis.plots")
    if name in _FRONT:
        return getattr(import_module(f"keepers.clv.analysis.{_FRONT[name]}"), name)
    raise AttributeError(f"module 'keepers.clv' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*_FRONT, "plots"])
