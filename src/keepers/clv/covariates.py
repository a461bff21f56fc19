"""Who the customers are: covariates and groups on the purchase rate and on the dropout rate of any of the models.

With z the customer's row of the `Design`, both rates are multiplied by what the customer is:

    α_i = α · e^(−γ'z)    purchase rate up by e^γ for a step up in z
    β_i = β · e^(−δ'z)    dropout rate up by e^δ; in the BG family b_i = b · e^(−δ'z), the odds of dropping out

The shapes r and s (a) stay: customers of all kinds differ among themselves as much, relative to their mean. A model
with covariates has the functions of a model, so it goes wherever a model goes; histories carry their `pattern`.

    design, pattern = Design.of([Groups.of("channel", channel)])
    model = WithCovariates(pareto_nbd, design)
    fit = model.fit(Histories.of(..., pattern=pattern))

Effects have normal priors with a standard deviation that is learned (`pooling`): a ridge for numbers, partial pooling
for groups. Effects are kept as multipliers (e^γ, e^δ), which are positive like all parameters.

Papers: Fader and Hardie (2007), Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models, of
which the form for the BG/NBD is not used (see docs/models/covariates.md); Gelman and Hill (2006), chapter 12, partial
pooling.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from keepers.clv.histories import Floats, Histories, Integers, InvalidHistoriesError, of_each
from keepers.clv.inference.fitting import REACH, Fit, Likelihood, Optimum, fit_of, newton
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.kinds.design import Design
from keepers.clv.kinds.likelihood import PARAMETERS, RateModel, rows_by_pattern, shifted, shifted_likelihood
from keepers.clv.kinds.pooling import USUAL, Evidence, learned_spread
from keepers.clv.model import Future
from keepers.core.told import Told

_ROWS_FOR_A_START = 5_000
_LEARNED = 0.02  # change of a log spread below which it is learned
_MOST_ROUNDS = 8
_RUNS_AWAY = 4.0  # from one end of a column to the other e⁴, 55 times the rate


@dataclass(frozen=True, slots=True, eq=False)
class CovariateParameters:
    """The model's parameters for a customer with z = 0, and what each column multiplies.

    base: parameters of the model
    purchase: (p,) e^γ, multipliers of the purchase rate
    dropout: (p,) e^δ, multipliers of the dropout rate
    """

    base: Any
    purchase: Floats
    dropout: Floats

    def as_array(self) -> Floats:
        """(4 + 2p,) the model's own, then the multipliers of the purchase rate, then of the dropout rate."""
        return np.concatenate([self.base.as_array(), self.purchase, self.dropout])


@dataclass(frozen=True, slots=True, eq=False)
class WithCovariates:
    """A model of orders whose rates depend on who the customer is; it has a model's functions.

    model: the module of the model, with parameters (r, α, s, β) or (r, α, a, b)
    design: the columns and the patterns that histories point to
    spread: (2p,) prior standard deviation of each effect on the log purchase rate, then on the log dropout rate;
        None: learned at each fit. Infinite means no ridge.
    """

    model: RateModel
    design: Design
    spread: Floats | None = None

    @property
    def NAME(self) -> str:  # noqa: N802  a constant of a model's module
        """That of the model."""
        return self.model.NAME

    @property
    def PARAMETER_NAMES(self) -> tuple[str, ...]:  # noqa: N802  a constant of a model's module
        """The model's, and a multiplier of each rate for each column."""
        effects = [f"{rate} by {name}" for rate in ("purchase rate", "dropout rate") for name in self.design.names]
        return (*self.model.PARAMETER_NAMES, *effects)

    @property
    def Parameters(self) -> "_ParametersOf":  # noqa: N802  a class of a model's module
        """Makes parameters from arrays."""
        return _ParametersOf(self)

    def log_likelihood(self, parameters: CovariateParameters, histories: Histories) -> Floats:
        """(n,) natural logarithm of each history's likelihood."""
        return self._row_by_row(self.model.log_likelihood, parameters, histories)

    def likelihood(self, histories: Histories) -> Likelihood:
        """The summed log-likelihood of the logarithms of all parameters, with exact gradient and Hessian."""
        return shifted_likelihood(self.model, self.design.patterns, histories, self._patterns_of(histories))

    def prior(self, histories: Histories) -> Prior:
        """The model's own weak prior, and the ridge: `spread` or, where it is to be learned, the usual reach."""
        own = self.model.prior(histories)
        spread = np.full(2 * len(self.design.columns), USUAL) if self.spread is None else self.spread
        return Prior(
            np.concatenate([own.centre, np.zeros(len(spread))]), np.concatenate([own.spread, spread]), own.about
        )

    def fit(self, histories: Histories) -> Fit[CovariateParameters]:
        """Maximum likelihood but for the ridge on the effects, whose strength is learned on the way.

        `log_likelihood` and `hessian` of the fit are those of the data alone, without the ridge.
        """
        distinct, _ = histories.without_gaps().distinct()
        optimum, hessian = self._climb(distinct)
        logs = optimum.log_parameters
        parameters = self.Parameters.from_array(np.exp(logs))
        if histories.sum_log_gaps is not None:  # they tell nothing of these parameters, but belong to the likelihood
            rows = self.log_likelihood(parameters, histories)
            optimum = replace(optimum, value=float((histories.weight * rows).sum()))
        fit = fit_of(
            self.NAME,
            parameters,
            optimum,
            names=self.PARAMETER_NAMES,
            customers=histories.customers,
            time_unit_days=histories.time_unit_days,
            warnings=(*self.design.warnings, *_runaways(logs, self.design)),
        )
        return replace(fit, hessian=hessian)

    def posterior(
        self,
        fit: Fit[CovariateParameters],
        histories: Histories,
        *,
        draws: int,
        generator: np.random.Generator,
        method: Method = "auto",
    ) -> Posterior:
        """Draws of all parameters given the histories, at the strength of the ridge that the fit stands at."""
        distinct, _ = histories.without_gaps().distinct()
        fixed = self if self.spread is not None else replace(self, spread=self.learned(fit, distinct))
        wanted = partial(
            sample_posterior,
            fixed.likelihood,
            distinct,
            prior=fixed.prior(distinct),
            start=fit.log_parameters,
            draws=draws,
            generator=generator,
        )
        if method != "auto":
            return wanted(method=method)
        by_weights = wanted(method="importance")  # nearly normal in the effects; a polynomial in so many costs more
        return wanted(method="nuts") if by_weights.warnings else by_weights

    def learned(self, fit: Fit[CovariateParameters], histories: Histories) -> Floats:
        """(2p,) the strength of the ridge at the fit: the standard deviation of each effect, learned or as given."""
        return self.spread if self.spread is not None else learned_spread(self.evidence(fit, histories), self.blocks)

    def evidence(self, fit: Fit[CovariateParameters], histories: Histories) -> Evidence:
        """What the data say of the effects around the fit."""
        gradient = self.likelihood(histories.without_gaps().distinct()[0]).gradient(fit.log_parameters)[1]
        return Evidence.at(fit.log_parameters, gradient, fit.hessian, others=PARAMETERS)

    @property
    def blocks(self) -> tuple[Integers, ...]:
        """Places, among the (2p,) effects, of those that share one strength: a term's, for each rate."""
        columns = len(self.design.columns)
        return tuple(members + shift for shift in (0, columns) for _, members in self.design.blocks)

    def probability_alive(self, parameters: CovariateParameters, histories: Histories, *, after: float = 0.0) -> Floats:
        """(n,) P(still a customer `after` time units from now)."""
        return self._row_by_row(self.model.probability_alive, parameters, histories, after=after)

    def expected_orders(self, parameters: CovariateParameters, histories: Histories, **asked: Any) -> Floats:
        """(n,) expected orders between `start` and `start + horizon` from now [occasions]; asked as of a model."""
        return self._row_by_row(self.model.expected_orders, parameters, histories, **asked)

    def discounted_expected_orders(self, parameters: CovariateParameters, histories: Histories, **asked: Any) -> Floats:
        """(n,) the same, each order discounted to now."""
        return self._row_by_row(self.model.discounted_expected_orders, parameters, histories, **asked)

    def order_count_pmf(self, parameters: CovariateParameters, histories: Histories, **asked: Any) -> Floats:
        """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon."""
        return self._row_by_row(self.model.order_count_pmf, parameters, histories, **asked)

    def next_order_time(self, parameters: CovariateParameters, histories: Histories, **asked: Any) -> Floats:
        """(n,) time by which the next order has come, if still a customer; nan beyond the horizon [time unit]."""
        return self._row_by_row(self.model.next_order_time, parameters, histories, **asked)

    def remaining_lifetime(self, parameters: CovariateParameters, histories: Histories, **asked: Any) -> Floats:
        """(n,) time until which the customer stays with the given probability; inf beyond the horizon [time unit]."""
        return self._row_by_row(self.model.remaining_lifetime, parameters, histories, **asked)

    def sample_future(
        self,
        parameters: CovariateParameters,
        histories: Histories,
        probability_alive: Floats,
        *,
        horizon: float,
        value_cap: float,
        intensity: Floats | float,
        replicates: int,
        generator: np.random.Generator,
    ) -> Future:
        """Random futures: alive with `probability_alive` (n,), then rate and lifetime given alive, then orders."""
        size = (replicates, len(histories))
        future = Future(np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64), np.zeros(size), np.zeros(size))
        for own, rows in self._pieces(parameters, histories):
            part = self.model.sample_future(
                own,
                histories.at(rows),
                probability_alive[rows],
                horizon=horizon,
                value_cap=value_cap,
                intensity=of_each(intensity, rows),
                replicates=replicates,
                generator=generator,
            )
            future.orders[:, rows], future.later_orders[:, rows] = part.orders, part.later_orders
            future.active[:, rows], future.later_active[:, rows] = part.active, part.later_active
        return future

    def simulate(
        self,
        parameters: CovariateParameters,
        *,
        age: Floats,
        generator: np.random.Generator,
        pattern: Integers | None = None,
    ) -> Histories:
        """Random histories of new customers of the given ages; their patterns are drawn where none are given."""
        patterns = self.design.share
        if pattern is None:
            pattern = generator.choice(len(patterns), len(age), p=patterns / patterns.sum())
        repeat_orders, last, gaps = np.zeros(len(age), dtype=np.int64), np.zeros(len(age)), np.zeros(len(age))
        has_gaps = False
        blank = Histories.of(repeat_orders, last, age, pattern=pattern)
        for own, rows in self._pieces(parameters, blank):
            part = self.model.simulate(own, age=np.asarray(age, dtype=np.float64)[rows], generator=generator)
            repeat_orders[rows], last[rows] = part.repeat_orders, part.age_at_last_order
            if part.sum_log_gaps is not None:
                has_gaps, gaps[rows] = True, part.sum_log_gaps
        return Histories.of(repeat_orders, last, age, sum_log_gaps=gaps if has_gaps else None, pattern=pattern)

    def of_pattern(self, parameters: CovariateParameters, pattern: int) -> Any:
        """The model's own parameters for the customers of one pattern."""
        values = parameters.base.as_array()
        effects = np.log(np.concatenate([values[:PARAMETERS], parameters.purchase, parameters.dropout]))
        own = np.exp(shifted(effects, self.design.patterns[pattern : pattern + 1])[0])
        return self.model.Parameters.from_array(np.concatenate([own, values[PARAMETERS:]]))

    def _climb(self, distinct: Histories) -> tuple[Optimum, Floats]:
        """Newton steps under the ridge, which is learned anew where they end; few rows give the start.

        Returns:
            The maximum with its log-likelihood and the Hessian under the ridge, and the Hessian of the data alone.
        """
        columns = len(self.design.columns)
        few = distinct.thinned(_ROWS_FOR_A_START)
        own = np.asarray(self.model.fit(replace(few, pattern=None)).log_parameters)
        start = np.concatenate([own, np.zeros(2 * columns)])
        bounds = np.stack([start - REACH, start + REACH], axis=1)
        spread = np.full(2 * columns, USUAL) if self.spread is None else self.spread
        iterations = 0
        for some in (few, distinct) if len(few) < len(distinct) else (distinct,):
            likelihood = self.likelihood(some)
            spread = self._learned_at(likelihood, start, spread) if iterations else spread
            for _ in range(_MOST_ROUNDS):
                under = _ridge(start, spread).added_to(likelihood)
                optimum = newton(under, start, bounds=bounds, iterations=iterations)
                start, iterations, before = optimum.log_parameters, optimum.iterations, spread
                spread = self._learned_at(likelihood, start, spread)
                if self.spread is not None or np.abs(np.log(spread / before)).max(initial=0.0) < _LEARNED:
                    break
        return replace(optimum, value=likelihood.gradient(start)[0]), likelihood.curvature(start)

    def _learned_at(self, likelihood: Likelihood, at: Floats, spread: Floats) -> Floats:
        """The strength of the ridge, learned where the search stands, or as it is where it is given."""
        if self.spread is not None:
            return spread
        _, gradient, hessian = likelihood.all_at(at)
        return learned_spread(Evidence.at(at, gradient, hessian, others=PARAMETERS), self.blocks)

    def _row_by_row(
        self, answer: Callable[..., Floats], parameters: CovariateParameters, histories: Histories, **asked: Any
    ) -> Floats:
        """What a function of the model answers for each row; of what is asked, arrays hold a value a row."""

        def of_some(own: Any, rows: Integers) -> Floats:
            return answer(own, histories.at(rows), **{name: of_each(value, rows) for name, value in asked.items()})

        pieces = [(rows, of_some(own, rows)) for own, rows in self._pieces(parameters, histories)]
        if not pieces:
            return of_some(parameters.base, np.zeros(0, dtype=np.int64))
        found = np.empty((len(histories), *pieces[0][1].shape[1:]))
        for rows, answers in pieces:
            found[rows] = answers
        return found

    def _pieces(self, parameters: CovariateParameters, histories: Histories) -> Iterator[tuple[Any, Integers]]:
        """The model's own parameters and the rows, pattern by pattern."""
        for pattern, rows in rows_by_pattern(self._patterns_of(histories)):
            yield self.of_pattern(parameters, pattern), rows

    def _patterns_of(self, histories: Histories) -> Integers:
        patterns = len(self.design.patterns)
        if histories.pattern is None:
            if patterns == 1:
                return np.zeros(len(histories), dtype=np.int64)
            raise InvalidHistoriesError(
                "These histories do not say who the customers are, so their covariates cannot count. Pass `pattern`, "
                "which Design.of gives beside the design.",
            )
        if len(histories) and int(histories.pattern.max()) >= patterns:
            raise InvalidHistoriesError(
                f"A history has pattern {int(histories.pattern.max())}, but the design has {patterns} patterns. Make "
                "both with one Design.of; for other customers use of_others.",
            )
        return histories.pattern


@dataclass(frozen=True, slots=True, eq=False)
class _ParametersOf:
    """Makes the parameters of a model with covariates from arrays."""

    owner: WithCovariates

    def from_array(self, values: Floats) -> CovariateParameters:
        """From (4 + 2p,) the model's own and the multipliers."""
        columns = len(self.owner.design.columns)
        own = len(values) - 2 * columns
        base = self.owner.model.Parameters.from_array(np.asarray(values[:own]))
        return CovariateParameters(base, np.array(values[own : own + columns]), np.array(values[own + columns :]))


def _ridge(log_parameters: Floats, spread: Floats) -> Prior:
    """The prior of the effects alone: flat in the model's own parameters."""
    own = len(log_parameters) - len(spread)
    return Prior(np.zeros(len(log_parameters)), np.concatenate([np.full(own, np.inf), spread]))


def _runaways(log_parameters: Floats, design: Design) -> Iterator[str]:
    reach = np.ptp(design.patterns, axis=0)
    effects = log_parameters[PARAMETERS:].reshape(2, -1) * reach
    for rate, row in zip((Told.of("purchase rate"), Told.of("dropout rate")), effects, strict=True):
        for name, effect in zip(design.names, row, strict=True):
            if abs(effect) > _RUNS_AWAY:
                yield Told.of(
                    "The effect of %(name)s on the %(rate)s runs away (a factor of %(factor)s between its ends): it "
                    "parts those who order, or leave, from those who do not. It may have been made from the orders "
                    "themselves; if not, read it as a sign, not as a size.",
                    name=name,
                    rate=rate,
                    factor=f"{np.exp(abs(effect)):.3g}",
                )
