"""Which model of orders: by its name, under what it is asked to reckon with, and chosen where nobody names one."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from keepers.clv import bg_nbd, mbg_cnbd_k, mbg_nbd, pareto_nbd
from keepers.clv.analysis.customers import Customers
from keepers.clv.analysis.past import looks_of
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.models import with_calendar
from keepers.clv.covariates import WithCovariates
from keepers.clv.drift_learning import Judged, judge
from keepers.clv.histories import Histories
from keepers.clv.kinds.design import Design
from keepers.clv.model import PurchaseModel
from keepers.clv.scoring import likelier
from keepers.clv.stacking import different, mixed, stacked
from keepers.core.errors import KeepersError
from keepers.core.percent import percent

if TYPE_CHECKING:
    from keepers.clv.kinds.likelihood import RateModel

MODELS: dict[str, Any] = {module.NAME: module for module in (pareto_nbd, mbg_nbd, bg_nbd, mbg_cnbd_k)}
CANDIDATES = ("pareto-nbd", "mbg-nbd", "mbg-cnbd-k")  # BG/NBD says every one-time buyer is a customer for ever
_WITH_TRAITS = ("pareto-nbd", "mbg-nbd", "bg-nbd")


class ValueModelError(KeepersError):
    """A value model was asked for what it cannot do."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which models of orders, the score of each candidate, and why in a sentence.

    model: the heaviest
    weights: the share of each that the forecast is made with, the heaviest first; empty where it is one alone
    """

    model: str
    scores: dict[str, float]
    reason: str
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def beside(self) -> tuple[str, ...]:
        """The models that share the forecast with the heaviest."""
        return tuple(name for name in self.weights if name != self.model)


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
    """The candidates by what they said from earlier days before what then happened, each with its share.

    Where rates depend on traits, the heaviest alone; of a mere summary, the likeliest one by BIC.
    """
    names = _possible(customers)
    looks = {name: list(looks_of(customers, partial(read_by, name), lambda _: None)) for name in names}
    if not all(looks.values()):
        return _likeliest(customers, names)
    told_apart = different({name: [look.fit for look in seen] for name, seen in looks.items()})
    judged = {name: judge(looks[name]) for name in told_apart}
    weights = stacked(judged)
    best = next(iter(weights))
    if customers.traits or len(weights) == 1:
        weights = {}
    scores = {name: each.drift.log_score for name, each in judged.items()}
    return Choice(best, scores, _reason(judged, weights or {best: 1.0}), weights)


def _reason(judged: dict[str, Judged], weights: dict[str, float]) -> str:
    forecast = mixed(judged, weights)
    beside = {name: each.gain_over(forecast) for name, each in judged.items() if weights.get(name, 0.0) < 1.0}
    told = ", ".join(
        f"{likelier(beside[name])} by {name}{' alone' * (name in weights)}"
        for name in sorted(beside, key=lambda name: -beside[name])
    )
    shares = ", ".join(f"{name} {percent(part)}" for name, part in weights.items())
    chosen = f"The forecast is shared out among {shares}" if len(weights) > 1 else f"{next(iter(weights))} is used"
    return f"{chosen}: in forecasts from earlier days what each customer then did was {told}."


def _likeliest(customers: Customers, names: list[str]) -> Choice:
    fits = {name: MODELS[name].fit(customers.histories) for name in names}
    cost = np.log(max(customers.histories.customers, 2.0)) / 2
    scores = {name: fit.log_likelihood - cost * len(fit.log_parameters) for name, fit in fits.items()}
    lacking = "there is no log" if customers.log is None else "the history is too short"
    best = max(scores, key=lambda name: scores[name])
    others = [name for name in sorted(scores, key=lambda name: -scores[name]) if name != best]
    told = ", ".join(f"{scores[best] - scores[name]:.2f} above {name}" for name in others)
    why = f"has the best likelihood, each parameter at its price (BIC): {lacking} to forecast from"
    return Choice(best, scores, f"{best} {why}: {told}.")


def _possible(customers: Customers) -> list[str]:
    """The candidates that the histories have the columns for, and whose rates may depend on the traits."""
    names = CANDIDATES if customers.histories.sum_log_gaps is not None else CANDIDATES[:-1]
    return [name for name in names if not customers.traits or name in _WITH_TRAITS]
