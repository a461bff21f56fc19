"""Which model of orders: by its name, under what it is asked to reckon with, and chosen where nobody names one."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from keepers.clv import bg_nbd, mbg_cnbd_k, mbg_nbd, pareto_nbd
from keepers.clv.analysis.customers import Customers
from keepers.clv.analysis.past import earlier_looks
from keepers.clv.calendar import Calendar
from keepers.clv.calendar_models import with_calendar
from keepers.clv.covariates import WithCovariates
from keepers.clv.design import Design
from keepers.clv.histories import Histories
from keepers.clv.model import PurchaseModel
from keepers.clv.posterior import certain
from keepers.clv.predictive import order_count_cdf
from keepers.clv.scoring import likelier, log_score
from keepers.core.errors import KeepersError

if TYPE_CHECKING:
    from keepers.clv.covariate_likelihood import RateModel

MODELS: dict[str, Any] = {module.NAME: module for module in (pareto_nbd, mbg_nbd, bg_nbd, mbg_cnbd_k)}
CANDIDATES = ("pareto-nbd", "mbg-nbd", "mbg-cnbd-k")  # BG/NBD says every one-time buyer is a customer for ever
_WITH_TRAITS = ("pareto-nbd", "mbg-nbd", "bg-nbd")


class ValueModelError(KeepersError):
    """A value model was asked for what it cannot do."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which model of orders, the score of each candidate, and why in a sentence."""

    model: str
    scores: dict[str, float]
    reason: str


def model_of(name: str, design: Design | None, calendar: Calendar | None = None) -> PurchaseModel:
    """The model of orders by its name; with a design, its rates depend on who the customers are.

    Raises:
        ValueModelError: the model's rates cannot depend on that.
    """
    plain = with_calendar(cast("PurchaseModel", MODELS[name]), calendar)
    if design is None:
        return plain
    if name not in _WITH_TRAITS:
        raise ValueModelError(f"Rates of {name} cannot depend on traits. Choose {', '.join(_WITH_TRAITS)} or auto.")
    return cast("PurchaseModel", WithCovariates(cast("RateModel", plain), design))


def read_by(name: str, customers: Customers, calendar: Calendar | None) -> tuple[PurchaseModel, Histories]:
    """The model under a calendar, and the histories that it reads: with their patterns, where there are traits."""
    if not customers.traits:
        return model_of(name, None, calendar), customers.histories
    design, pattern = Design.of(customers.traits)
    return model_of(name, design, calendar), replace(customers.histories, pattern=pattern)


def choose(customers: Customers) -> Choice:
    """The candidate that best forecast the last third of the history; of a mere summary, the likeliest one by BIC."""
    looked = next(earlier_looks(customers), None)
    if looked is None:
        fits = {name: MODELS[name].fit(customers.histories) for name in _possible(customers)}
        cost = np.log(max(customers.histories.customers, 2.0)) / 2
        scores = {name: fit.log_likelihood - cost * len(fit.log_parameters) for name, fit in fits.items()}
        lacking = "there is no log" if customers.log is None else "the history is too short"
        why = f"has the best likelihood, each parameter at its price (BIC): {lacking} to forecast from"
    else:
        earlier, _ = looked
        later = customers.later(earlier)[0]
        scores = {name: _score(MODELS[name], customers, earlier, later) for name in _possible(earlier)}
        why = f"forecast best from {np.datetime64(earlier.as_of, 'D')} on"
    best = max(scores, key=lambda name: scores[name])
    others = [name for name in sorted(scores, key=lambda name: -scores[name]) if name != best]
    if looked is None:
        told = ", ".join(f"{scores[best] - scores[name]:.2f} above {name}" for name in others)
        return Choice(best, scores, f"{best} {why}: {told}.")
    told = ", ".join(f"{likelier(scores[name] - scores[best])} by {name}" for name in others)
    return Choice(best, scores, f"{best} {why}: what each customer then did was {told}.")


def _possible(customers: Customers) -> list[str]:
    """The candidates that the histories have the columns for, and whose rates may depend on the traits."""
    names = CANDIDATES if customers.histories.sum_log_gaps is not None else CANDIDATES[:-1]
    return [name for name in names if not customers.traits or name in _WITH_TRAITS]


def _score(model: PurchaseModel, customers: Customers, earlier: Customers, later: Any) -> float:
    assert customers.as_of is not None
    assert earlier.as_of is not None
    horizon = (customers.as_of - earlier.as_of) / earlier.histories.time_unit_days
    point = certain(model.fit(earlier.histories))
    return log_score(*order_count_cdf(model, point, earlier.histories, later, horizon=horizon))
