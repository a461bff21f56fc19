"""From customers to their values: settings, `fit`, `predict`."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from math import log1p
from typing import Any, Literal

import numpy as np

from keepers.clv.analysis.choosing import MODELS, Choice, ValueModelError, choose, model_of, read_by
from keepers.clv.analysis.customers import Customers
from keepers.clv.analysis.frames import Frame, frame_like
from keepers.clv.analysis.past import (
    PLAIN_SPEND,
    SPEND_MODELS,
    Season,
    choose_spend,
    learn_season,
    looks_of,
    seen_from,
)
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.covariates import WithCovariates
from keepers.clv.drift import NO_DRIFT, Drift, OwnChange
from keepers.clv.drift_learning import judge
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.fitting import Fit
from keepers.clv.inference.posterior import Method, Posterior
from keepers.clv.kinds.design import Design
from keepers.clv.kinds.effects import TermEffects, effects_of
from keepers.clv.mixture import joined, members_of, mixture_of, shared_out
from keepers.clv.model import PurchaseModel
from keepers.clv.predicting.predictive import Interval, Totals, order_count_cdf, predict
from keepers.clv.predicting.questions import must_be_chance
from keepers.clv.predicting.ranges import draws_for, ends_of
from keepers.clv.spend import SpendModel
from keepers.core.periods import DAYS_PER_YEAR, Period
from keepers.core.told import Told

_TOTALS = ("orders", "period_value", "residual_value")
_NOBODY_RETURNED = Told.of(
    "No customer has ordered again, so nothing tells how often anyone returns: the forecast is what is usual "
    "elsewhere. Do not act on it; bring a longer history, or check that the customer column names customers."
)


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """A row a customer, and the joint draws of the sums over all of them.

    table: in the kind of frame that the customers came from
    totals: (draws,) of orders, period value and residual value; not the sums of customers' intervals
    """

    table: Frame
    totals: Totals

    def total(self, what: str = "residual_value", *, probability: float = 0.9) -> tuple[float, float, float]:
        """Mean, low and high end of a total: `orders`, `period_value` or `residual_value`.

        Raises:
            ValueModelError: there is no such total, because no amounts are known; or the draws are too few for the
                probability.
            InvalidQuestionError: the probability is no chance between 0 and 1.
        """
        must_be_chance(probability)
        draws = getattr(self.totals, what, None) if what in _TOTALS else None
        if draws is None:
            raise ValueModelError(f'There is no total of "{what}". Ask for orders; values need amounts.')
        has, takes = len(draws) // self.totals.replicates, draws_for(probability)
        if has < takes:
            raise ValueModelError(
                f"A range with a chance of {probability:g} takes {takes:,} draws at least, the forecast has {has}; fit "
                f"ValueModel(draws={takes})."
            )
        low, high = ends_of(draws, replicates=self.totals.replicates, probability=probability)
        return float(draws.mean()), float(low), float(high)


@dataclass(frozen=True, slots=True)
class ValueModel:
    """What is taken for granted; `fit` returns a fitted one and leaves this as it is.

    model: auto, pareto-nbd, mbg-nbd, mbg-cnbd-k or bg-nbd; auto shares the forecast out among models by what they said
        from earlier days before what then happened
    margin: share of what a customer pays that is earned
    annual_discount: a share a year, applied at the time of each order
    spend: auto, gamma-gamma or log-normal: how the amounts of a customer's orders scatter
    drift: auto: how far customers' own rates change is learned from the log's past and widens intervals; none: not
    calendar: how much more is bought at one time than at another; auto: learned, where earlier forecasts were better
        by it; None: no time is better than another
    posterior: auto, surrogate, importance or nuts: how the parameters are drawn
    draws: of the parameters
    replicates: random futures a draw of the parameters
    seed: of the random numbers; the same seed gives the same intervals
    """

    model: str = "auto"
    margin: float = 0.30
    annual_discount: float = 0.10
    spend: str = "auto"
    drift: Literal["auto", "none"] = "auto"
    calendar: Calendar | Literal["auto"] | None = None
    posterior: Method = "auto"
    draws: int = 25
    replicates: int = 8
    seed: int = 1

    def __post_init__(self) -> None:
        if self.model != "auto" and self.model not in MODELS:
            raise ValueModelError(f'There is no model "{self.model}". Choose auto, {", ".join(MODELS)}.')
        if self.spend != "auto" and self.spend not in SPEND_MODELS:
            raise ValueModelError(f'There is no model of spend "{self.spend}". Choose auto, {", ".join(SPEND_MODELS)}.')
        if self.drift not in {"auto", "none"} or (isinstance(self.calendar, str) and self.calendar != "auto"):
            raise ValueModelError(
                f"drift is {self.drift!r}, calendar {self.calendar!r}; drift is auto or none, a calendar auto, None or "
                "a Calendar."
            )
        if self.draws < 2 or self.replicates < 1:
            raise ValueModelError(
                f"draws is {self.draws}, replicates {self.replicates}; intervals need 2 draws and 1 replicate at least."
            )
        if not 0 <= self.annual_discount < 10 or not 0 < self.margin <= 1:
            raise ValueModelError(
                f"annual_discount is {self.annual_discount:g}, margin {self.margin:g}; both are shares, such as 0.10."
            )

    def fit(self, customers: Customers) -> "FittedValueModel":
        """Fit orders, and spend where amounts are known."""
        choice = choose(customers) if self.model == "auto" else Choice(self.model, {}, f"{self.model} was asked for.")
        generator = np.random.default_rng(self.seed)
        season = self._season(customers, choice)
        model, histories = read_by(choice.model, customers, season.calendar)
        design = model.design if isinstance(model, WithCovariates) else None
        counts = shared_out(list(choice.weights.values()) or [1.0], self.draws)
        fits, posteriors = [], []
        for name, draws in zip((choice.model, *choice.beside), counts, strict=True):
            one = model_of(name, design, season.calendar)
            fits.append(one.fit(histories))
            drawn = one.posterior(fits[-1], histories, draws=draws, generator=generator, method=self.posterior)
            posteriors.append(drawn)
        if not histories.repeat_orders.any():
            fits[0] = replace(fits[0], warnings=(_NOBODY_RETURNED, *fits[0].warnings))
        spend_model = choose_spend(customers) if self.spend == "auto" else self.spend
        spend, spend_posterior = _fit_spend(customers, SPEND_MODELS[spend_model], self, generator)
        return FittedValueModel(
            settings=self,
            choice=replace(choice, reason=f"{choice.reason} {season.reason}".rstrip()),
            purchases=fits[0],
            posterior=joined(posteriors),
            spend=spend,
            spend_posterior=spend_posterior,
            design=design,
            drift=self._drift(customers, choice.model, season.calendar),
            calendar=season.calendar,
            as_of=customers.as_of,
            beside=tuple(
                Beside(fit, self._drift(customers, name, season.calendar))
                for name, fit in zip(choice.beside, fits[1:], strict=True)
            ),
        )

    def _season(self, customers: Customers, choice: Choice) -> Season:
        if self.calendar == "auto":
            return learn_season(customers, partial(read_by, choice.model))
        return Season(self.calendar, "" if self.calendar is None else "A calendar was given.")

    def _drift(self, customers: Customers, name: str, calendar: Calendar | None) -> Drift:
        """The drift under which customers did what they did; none where the history is too short to tell."""
        if self.drift == "none" or customers.as_of is None:
            return NO_DRIFT
        now = customers.as_of

        def known_at(earlier: Customers) -> Calendar | None:
            return seen_from(calendar, float((earlier.as_of or now) - now))

        return judge(list(looks_of(customers, partial(read_by, name), known_at))).drift


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """A model that shares the forecast with the heaviest: its fit, and how far rates drift under it."""

    fit: Fit[Any]
    drift: Drift


@dataclass(frozen=True, slots=True, eq=False)
class FittedValueModel:
    """Fitted models of orders and spend, and how sure they are.

    settings: what it was fitted with
    choice: the models of orders and why
    purchases: fit of the heaviest model of orders
    posterior: draws of all of them together, each model as many as its share
    spend, spend_posterior: the same of the model of spend; None without amounts
    design: what the rates depend on; None where the customers were fitted without traits
    drift: how far customers' own rates change; it widens intervals and moves no mean
    calendar: as seen from `as_of`; None without one
    as_of: the last day that was known when it was fitted [days since 1970-01-01]; None of a mere summary
    beside: the other models of orders, as `choice.beside` names them
    """

    settings: ValueModel
    choice: Choice
    purchases: Fit[Any]
    posterior: Posterior
    spend: Fit[Any] | None
    spend_posterior: Posterior | None
    design: Design | None = None
    drift: Drift = NO_DRIFT
    calendar: Calendar | None = None
    as_of: int | None = None
    beside: tuple[Beside, ...] = ()

    @property
    def model(self) -> PurchaseModel:
        """The heaviest model of orders: a module, or one with covariates or under a calendar."""
        return model_of(self.choice.model, self.design, self.calendar)

    @property
    def mixture(self) -> PurchaseModel:
        """All models of orders as one, whose draws are `posterior`."""
        return self._of_all(self.design, self.calendar)

    @property
    def spend_model(self) -> SpendModel:
        """The model of spend: a module."""
        return SPEND_MODELS[PLAIN_SPEND if self.spend is None else self.spend.model]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything one must know before relying on the numbers, in sentences."""
        fits = (self.purchases, *(each.fit for each in self.beside))
        parts = (*fits, self.posterior, self.spend, self.spend_posterior)
        told = (sentence for part in parts if part is not None for sentence in part.warnings)
        return tuple(dict.fromkeys(told))

    def predict(self, customers: Customers, *, horizon: str = "52w", value_cap: str = "5y") -> Frame:
        """A row a customer: chance to be one, orders and value with 90 % intervals, in the frame's own kind."""
        return self.forecast(customers, horizon=horizon, value_cap=value_cap).table

    def forecast(self, customers: Customers, *, horizon: str = "52w", value_cap: str = "5y") -> Forecast:
        """The same with the joint draws of the totals.

        Args:
            customers: any customers in the time unit of the fit, not only those it was fitted on.
            horizon: how far orders and the period value look, such as 39w or 90d.
            value_cap: how far the residual value looks, such as 5y; at least the horizon.

        Raises:
            ValueModelError: the customers are counted in another time unit.
        """
        near, far = self._time(customers, horizon), self._time(customers, value_cap)
        model, histories = self.reads(customers)
        has_values = customers.spend is not None and self.spend_posterior is not None
        prediction = predict(
            model,
            self.posterior,
            histories,
            self.spend_posterior if has_values else None,
            customers.spend if has_values else None,
            horizon=near,
            value_cap=max(near, far),
            discount_rate=log1p(self.settings.annual_discount) * customers.unit.days / DAYS_PER_YEAR,
            margin=self.settings.margin,
            drift=self._changes(customers, near),
            spend_model=self.spend_model,
            replicates=self.settings.replicates,
            generator=np.random.default_rng(self.settings.seed),
        )
        columns: dict[str, Any] = {
            "customer_id": customers.customer_id,
            "probability_alive": np.minimum(prediction.probability_alive, 1.0),
            "chance_of_order": prediction.chance_of_order,
            "expected_orders": prediction.orders.mean,
            "orders_low": prediction.orders.low,
            "orders_high": prediction.orders.high,
        }
        if prediction.expected_order_value is not None:
            columns["expected_order_value"] = prediction.expected_order_value
        columns |= _interval_columns("period_value", prediction.period_value)
        columns |= _interval_columns("residual_value", prediction.residual_value)
        return Forecast(frame_like(customers.like, columns), prediction.totals)

    def probability_alive(self, customers: Customers, *, after: str | None = None) -> Floats:
        """(n,) P(still a customer), now or some time from now (`13w`), averaged over the draws."""
        time = 0.0 if after is None else self._time(customers, after)
        model, histories = self.reads(customers)
        return self._averaged(lambda at: model.probability_alive(at, histories, after=time))

    def expected_orders(self, customers: Customers, *, horizon: str, start: str | None = None) -> Floats:
        """(n,) expected orders within the horizon, from now or from `start` on, averaged over the draws."""
        far, begin = self._time(customers, horizon), 0.0 if start is None else self._time(customers, start)
        model, histories = self.reads(customers)
        return self._averaged(lambda at: model.expected_orders(at, histories, horizon=far, start=begin))

    def next_order_time(self, customers: Customers, *, probability: float = 0.5, within: str = "5y") -> Floats:
        """(n,) time by which the next order has come with that probability, if still a customer [time unit].

        nan where it does not reach that probability within the given time.
        """
        far = self._time(customers, within)
        model, histories = self.main_reads(customers)
        return model.next_order_time(self.purchases.parameters, histories, probability=probability, horizon=far)

    def remaining_lifetime(self, customers: Customers, *, probability: float = 0.5) -> Floats:
        """(n,) time until which the customer stays with that probability [time unit]: the median by default."""
        model, histories = self.main_reads(customers)
        return model.remaining_lifetime(self.purchases.parameters, histories, probability=probability)

    def order_cdf(self, customers: Customers, counts: Any, *, horizon: str) -> tuple[Floats, Floats]:
        """(n,) P(orders < count) and P(orders ≤ count) of each customer's own count within the horizon."""
        far, asked = self._time(customers, horizon), np.asarray(counts, dtype=np.int64)
        model, histories = self.reads(customers)
        changes = self._changes(customers, far)
        return order_count_cdf(model, self.posterior, histories, asked, horizon=far, drift=changes)

    def effects(self, customers: Customers) -> tuple[TermEffects, ...]:
        """What the traits do to the rate of orders and to leaving, with intervals; `customers` as they were fitted.

        Raises:
            ValueModelError: the model was fitted without traits.
        """
        model, histories = self.main_reads(customers)
        if not isinstance(model, WithCovariates):
            raise ValueModelError("No traits were fitted. Name them when making the customers: by=[...].")
        return effects_of(model, self.purchases, self.posterior, histories)

    def reads(self, customers: Customers) -> tuple[PurchaseModel, Histories]:
        """The models as one, and the histories that they read: with patterns, where rates depend on who they are."""
        theirs, calendar, histories = self._as_asked(customers)
        return self._of_all(theirs, calendar), histories

    def main_reads(self, customers: Customers) -> tuple[PurchaseModel, Histories]:
        """The same of the heaviest model, whose fitted parameters single times rest on."""
        theirs, calendar, histories = self._as_asked(customers)
        return model_of(self.choice.model, theirs, calendar), histories

    def describe(self) -> str:
        """The fit in a few lines: model, parameters, how well it is known, and what to beware of."""
        lines = [self.choice.reason, _in_a_line(self.purchases), *(_in_a_line(each.fit) for each in self.beside)]
        lines += [] if self.spend is None else [_in_a_line(self.spend)]
        return "\n".join([*lines, *(f"! {warning}" for warning in self.warnings)])

    def _as_asked(self, customers: Customers) -> tuple[Design | None, Calendar | None, Histories]:
        later = 0.0 if self.as_of is None or customers.as_of is None else float(customers.as_of - self.as_of)
        calendar = seen_from(self.calendar, later)
        if self.design is None:
            return None, calendar, customers.histories
        theirs, pattern = self.design.of_others(customers.traits)
        return theirs, calendar, replace(customers.histories, pattern=pattern)

    def _of_all(self, design: Design | None, calendar: Calendar | None) -> PurchaseModel:
        return mixture_of([model_of(name, design, calendar) for name in (self.choice.model, *self.choice.beside)])

    def _changes(self, customers: Customers, horizon: float) -> OwnChange | None:
        """By what customers' own rates are multiplied within the horizon; None where nobody changes."""
        drifts = (self.drift, *(each.drift for each in self.beside))
        if not any(each.variance for each in drifts):
            return None
        unit = customers.histories.time_unit_days
        span = float(customers.histories.age.max(initial=0.0) + horizon) * unit
        counts = np.bincount(members_of(self.mixture, self.posterior), minlength=len(drifts))
        return OwnChange.of([each.over(span) for each in drifts], [int(count) for count in counts])

    def _averaged(self, figure: Callable[[Any], Floats]) -> Floats:
        made = self.mixture.Parameters
        rows = [made.from_array(row) for row in self.posterior.parameters]
        return np.asarray(np.mean([figure(row) for row in rows], axis=0))

    def _time(self, customers: Customers, length: str) -> float:
        if customers.histories.time_unit_days != self.purchases.time_unit_days:
            raise ValueModelError(
                f"The model counts time in units of {self.purchases.time_unit_days:g} days, the customers in units of "
                f"{customers.histories.time_unit_days:g}. Make the customers with the same unit."
            )
        return Period.parse(length).within(customers.unit)


def _fit_spend(
    customers: Customers, model: SpendModel, settings: ValueModel, generator: np.random.Generator
) -> tuple[Fit[Any] | None, Posterior | None]:
    if customers.spend is None or len(customers.spend.usable()) < 3:
        return None, None
    fit = model.fit(customers.spend)
    found = model.posterior(fit, customers.spend, draws=settings.draws, generator=generator, method=settings.posterior)
    return fit, replace(found, parameters=model.with_finite_means(found.parameters))


def _interval_columns(name: str, interval: Interval | None) -> dict[str, Floats]:
    if interval is None:
        return {}
    return {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _in_a_line(fit: Fit[Any]) -> str:
    base = getattr(fit.parameters, "base", fit.parameters)
    told = ", ".join(f"{name} {value:.5g}" for name, value in asdict(base).items())
    return f"{fit.model}: {told}; log-likelihood {fit.log_likelihood:,.2f} of {fit.customers:,.0f} customers"
