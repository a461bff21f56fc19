"""What each customer will do and be worth, with intervals, and what all of them together will.

A customer's interval is posterior predictive: a draw of the parameters, then this customer's own state given the
history, then orders, then spend, then discounted margin. It covers what the customer *does*, not a mean. Displayed
means are closed form, averaged over the draws of the parameters, so they carry no noise of simulation.

Totals are not sums of intervals: each joint draw adds up all customers under the same parameters and the same
`intensity`, and the interval is that of the sums.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np

from keepers.clv import gamma_gamma, predictive_kernels
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.model import PurchaseModel
from keepers.clv.posterior import Posterior
from keepers.clv.predictive_kernels import Draws
from keepers.clv.spend import Spend, SpendModel
from keepers.core.errors import KeepersError

LOW, HIGH = 0.05, 0.95
GAMMA_GAMMA = cast("SpendModel", gamma_gamma)
_ROWS_AT_ONCE = 10_000


class InvalidForecastError(KeepersError):
    """A forecast that was asked for cannot be made as asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Interval:
    """(n,) mean, and the 5 % and 95 % points of the predictive distribution; the mean may lie outside them."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Joint draws of the sums over all customers, (draws · replicates,) each; values are None without spend."""

    orders: Floats
    period_value: Floats | None
    residual_value: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Each customer's future, row by row as the histories.

    probability_alive: (n,) averaged over the parameters
    orders_again: (n,) P(at least one order within the horizon), from the draws
    orders: within the horizon [occasions]
    expected_order_value: (n,) revenue an occasion [money]; None without spend, nan where its mean is infinite
    period_value, residual_value: discounted margin within the horizon, and up to the value cap [money]
    """

    probability_alive: Floats
    orders_again: Floats
    orders: Interval
    expected_order_value: Floats | None
    period_value: Interval | None
    residual_value: Interval | None
    totals: Totals


@dataclass(frozen=True, slots=True, eq=False)
class PredictiveDraws:
    """Draws of each customer's future, (draws · replicates, n) each; one row is one joint draw of all customers."""

    orders: Integers
    period_value: Draws | None
    residual_value: Draws | None


@dataclass(frozen=True, slots=True, eq=False)
class Spending:
    """What the value of a future needs: each customer's spend so far, what the data leave open, and the margin.

    spend: (n,) rows as the histories
    posterior: draws of the spend model, as many as of the purchase model
    margin: (n,) margin per unit of revenue
    model: the module of the spend model
    """

    spend: Spend
    posterior: Posterior
    margin: Floats
    model: SpendModel = GAMMA_GAMMA

    @classmethod
    def of(
        cls, spend: Spend, posterior: Posterior, *, margin: Floats | float = 1.0, model: SpendModel = GAMMA_GAMMA
    ) -> Self:
        """With one margin for all or one each."""
        margins = np.ascontiguousarray(np.broadcast_to(np.asarray(margin, dtype=np.float64), (len(spend),)))
        return cls(spend, posterior, margins, model)

    def at(self, rows: Integers) -> "Spending":
        """The same for some of the rows."""
        return Spending(self.spend.at(rows), self.posterior, self.margin[rows], self.model)

    def drawn(self, draw: int) -> Any:
        """The spend model's parameters in this draw."""
        return self.model.Parameters.from_array(self.posterior.parameters[draw])


@dataclass(frozen=True, slots=True)
class Window:
    """How far a forecast looks [time unit of the histories], and the continuous discount rate per time unit."""

    horizon: float
    value_cap: float
    discount_rate: float = 0.0


def predict(
    model: PurchaseModel,
    posterior: Posterior,
    histories: Histories,
    spend_posterior: Posterior | None = None,
    spend: Spend | None = None,
    *,
    horizon: float,
    value_cap: float | None = None,
    discount_rate: float = 0.0,
    margin: Floats | float = 1.0,
    intensity: Floats | None = None,
    drift: Floats | None = None,
    replicates: int = 8,
    generator: np.random.Generator,
    spend_model: SpendModel = GAMMA_GAMMA,
) -> Prediction:
    """Value every customer, one row of `histories` each (weights are not looked at).

    Args:
        model: the module of the purchase model; `posterior` holds its draws.
        posterior: draws of the purchase model's parameters, in the time unit of the histories.
        histories: (n,) customers.
        spend_posterior: draws of the spend model, as many; None without money.
        spend: (n,) customers' spend so far.
        horizon: period of `orders` and `period_value` [time unit].
        value_cap: period of `residual_value` [time unit], at least the horizon; the horizon where not given.
        discount_rate: continuous rate per time unit.
        margin: margin per unit of revenue, (n,) or one number.
        intensity: (draws,) multiplier on all customers' future purchase rate, shared within a joint draw.
        drift: (draws,) multipliers with mean 1 on a customer's own future purchase rate: people change. Each customer
            meets them in turn from a place of their own, so that they widen intervals and hardly the totals.
        replicates: random futures per draw of the parameters.
        generator: source of randomness; means do not depend on it.
        spend_model: the module of the spend model, the Gamma-Gamma where not given.

    Raises:
        InvalidForecastError: the value cap is shorter than the horizon, or draws or rows differ in number.
    """
    window = Window(horizon, horizon if value_cap is None else value_cap, discount_rate)
    spending = None
    if spend is not None and spend_posterior is not None:
        spending = Spending.of(spend, spend_posterior, margin=margin, model=spend_model)
    multipliers = np.ones(len(posterior.parameters)) if intensity is None else np.asarray(intensity, dtype=np.float64)
    _check(posterior, histories, spending, window, multipliers)
    own = _Drift.of(drift, len(multipliers))
    gathered = _Gathered.empty(len(histories), len(multipliers) * replicates, with_values=spending is not None)
    for part in _parts(histories, spending):
        alive = gathered.take_means(model, posterior, part, window, multipliers)
        gathered.take_draws(
            part.rows, _draws(model, posterior, part, alive, window, multipliers, own, replicates, generator)
        )
    return gathered.prediction()


def draw_futures(
    model: PurchaseModel,
    posterior: Posterior,
    histories: Histories,
    spending: Spending | None = None,
    *,
    window: Window,
    intensity: Floats | None = None,
    drift: Floats | None = None,
    replicates: int = 8,
    generator: np.random.Generator,
) -> PredictiveDraws:
    """The draws themselves, to score values by (CRPS, PIT): all at once, so some thousands of customers a call."""
    multipliers = np.ones(len(posterior.parameters)) if intensity is None else np.asarray(intensity, dtype=np.float64)
    _check(posterior, histories, spending, window, multipliers)
    everyone = np.arange(len(histories), dtype=np.int64)
    part = _Part(0, everyone, histories, everyone, spending)
    alive = np.array([model.probability_alive(_of(model, row), histories) for row in posterior.parameters])
    own = _Drift.of(drift, len(multipliers))
    return _draws(model, posterior, part, alive, window, multipliers, own, replicates, generator)


def order_count_distribution(
    model: PurchaseModel,
    posterior: Posterior,
    histories: Histories,
    *,
    horizon: float,
    up_to: int,
    intensity: Floats | None = None,
) -> Floats:
    """(n, up_to + 1) P(0, 1 … up_to orders within the horizon), exact given each draw and averaged over the draws."""
    multipliers = np.ones(len(posterior.parameters)) if intensity is None else intensity
    distinct, inverse = histories.distinct()
    pmf = np.zeros((len(distinct), up_to + 1))
    for row, multiplier in zip(posterior.parameters, multipliers, strict=True):
        pmf += model.order_count_pmf(
            _of(model, row), distinct, horizon=horizon, up_to=up_to, intensity=float(multiplier)
        )
    return np.asarray((pmf / len(multipliers))[inverse])


def order_count_cdf(
    model: PurchaseModel,
    posterior: Posterior,
    histories: Histories,
    counts: Integers,
    *,
    horizon: float,
    intensity: Floats | None = None,
) -> tuple[Floats, Floats]:
    """P(Y < count) and P(Y ≤ count) of each customer's own `counts` (n,), exact given each draw, averaged over them."""
    below, at = np.zeros(len(histories)), np.zeros(len(histories))
    asked = np.asarray(counts, dtype=np.int64)
    size = np.ceil(np.log2(asked + 1.0)).astype(np.int64)
    for group in np.unique(size):
        rows = np.flatnonzero(size == group)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = rows[start : start + _ROWS_AT_ONCE]
            pmf = order_count_distribution(
                model,
                posterior,
                histories.at(some),
                horizon=horizon,
                up_to=int(asked[some].max()),
                intensity=intensity,
            )
            reached = np.cumsum(pmf, axis=1)
            place = np.arange(len(some))
            at[some] = np.minimum(reached[place, asked[some]], 1.0)
            below[some] = np.minimum(np.maximum(at[some] - pmf[place, asked[some]], 0.0), at[some])
    return below, at


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Some customers: the first one's place, their rows, distinct histories, which of these each has, and spending."""

    start: int
    rows: Integers
    histories: Histories
    place: Integers
    spending: Spending | None


@dataclass(frozen=True, slots=True, eq=False)
class _Drift:
    """Multipliers of customers' own rates, (draws,); each customer meets all of them, the next one place later."""

    multipliers: Floats

    @classmethod
    def of(cls, multipliers: Floats | None, draws: int) -> "_Drift":
        """One a draw; none means that nobody changes."""
        factors = np.ones(draws) if multipliers is None else np.asarray(multipliers, dtype=np.float64)
        if len(factors) != draws:
            raise InvalidForecastError(f"{len(factors)} multipliers of drift for {draws} draws: give one a draw.")
        return cls(factors)

    def met_in(self, draw: int, part: "_Part") -> Floats:
        """(rows,) what these customers' rates are multiplied by in this draw."""
        places = part.start + np.arange(len(part.rows))
        return np.asarray(self.multipliers[(places + draw) % len(self.multipliers)])


@dataclass(frozen=True, slots=True, eq=False)
class _Gathered:
    """Columns and totals that the parts fill."""

    columns: dict[str, Floats]
    totals: dict[str, Floats]

    @classmethod
    def empty(cls, customers: int, draws: int, *, with_values: bool) -> "_Gathered":
        kinds = ("orders", "period_value", "residual_value") if with_values else ("orders",)
        names = ["alive", "again", *(f"{kind}_{part}" for kind in kinds for part in ("mean", "low", "high"))]
        names += ["order_value"] if with_values else []
        return cls({name: np.zeros(customers) for name in names}, {kind: np.zeros(draws) for kind in kinds})

    def take_means(
        self, model: PurchaseModel, posterior: Posterior, part: _Part, window: Window, intensity: Floats
    ) -> Floats:
        """Closed-form means at the mean intensity, averaged over draws; returns P(alive) (draws, histories)."""
        share, boost = 1.0 / len(intensity), float(intensity.mean())
        alive = np.empty((len(intensity), len(part.histories)))
        for d, row in enumerate(posterior.parameters):
            parameters = _of(model, row)
            alive[d] = model.probability_alive(parameters, part.histories)
            orders = model.expected_orders(
                parameters, part.histories, horizon=window.horizon, intensity=boost, alive=alive[d]
            )
            self.columns["alive"][part.rows] += share * alive[d][part.place]
            self.columns["orders_mean"][part.rows] += share * orders[part.place]
            if part.spending is not None:
                self._add_values(model, parameters, part, part.spending, window, boost, alive[d], d, share)
        return alive

    def take_draws(self, rows: Integers, draws: PredictiveDraws) -> None:
        """Points and sums of the draws of some customers."""
        low, high = np.empty(len(rows)), np.empty(len(rows))
        for kind, table in (("period_value", draws.period_value), ("residual_value", draws.residual_value)):
            if table is not None:
                predictive_kernels.points(table, LOW, HIGH, low, high)
                self._put(kind, rows, low, high)
                self.totals[kind] += table.sum(axis=1, dtype=np.float64)
        predictive_kernels.count_points(draws.orders, LOW, HIGH, low, high)
        self._put("orders", rows, low, high)
        self.totals["orders"] += draws.orders.sum(axis=1)
        self.columns["again"][rows] = (draws.orders > 0).mean(axis=0)

    def prediction(self) -> Prediction:
        """The columns by their names."""
        return Prediction(
            probability_alive=self.columns["alive"],
            orders_again=self.columns["again"],
            orders=self._interval("orders"),
            expected_order_value=self.columns.get("order_value"),
            period_value=self._interval("period_value") if "period_value" in self.totals else None,
            residual_value=self._interval("residual_value") if "residual_value" in self.totals else None,
            totals=Totals(self.totals["orders"], self.totals.get("period_value"), self.totals.get("residual_value")),
        )

    def _add_values(
        self,
        model: PurchaseModel,
        parameters: object,
        part: _Part,
        spending: Spending,
        window: Window,
        boost: float,
        alive: Floats,
        d: int,
        share: float,
    ) -> None:
        order_value = spending.model.expected_order_value(spending.drawn(d), spending.spend)
        self.columns["order_value"][part.rows] += share * order_value
        worth = share * order_value * spending.margin
        for kind, length in (("period_value", window.horizon), ("residual_value", window.value_cap)):
            orders = model.discounted_expected_orders(
                parameters,
                part.histories,
                horizon=length,
                discount_rate=window.discount_rate,
                intensity=boost,
                alive=alive,
            )
            self.columns[f"{kind}_mean"][part.rows] += worth * orders[part.place]

    def _put(self, kind: str, rows: Integers, low: Floats, high: Floats) -> None:
        self.columns[f"{kind}_low"][rows] = low
        self.columns[f"{kind}_high"][rows] = high

    def _interval(self, kind: str) -> Interval:
        return Interval(*(self.columns[f"{kind}_{part}"] for part in ("mean", "low", "high")))


def _parts(histories: Histories, spending: Spending | None) -> Iterator[_Part]:
    """The customers in equal parts, ordered by history and then by spend, so that their own order does not matter."""
    distinct, inverse = histories.distinct()
    keys = (inverse,) if spending is None else (spending.spend.mean_order_value, inverse)
    order = np.lexsort(keys)
    for start in range(0, len(order), _ROWS_AT_ONCE):
        rows = order[start : start + _ROWS_AT_ONCE]
        first, last = inverse[rows[0]], inverse[rows[-1]]
        here = distinct.at(np.arange(first, last + 1, dtype=np.int64))
        yield _Part(start, rows, here, inverse[rows] - first, None if spending is None else spending.at(rows))


def _draws(
    model: PurchaseModel,
    posterior: Posterior,
    part: _Part,
    alive: Floats,
    window: Window,
    intensity: Floats,
    drift: _Drift,
    replicates: int,
    generator: np.random.Generator,
) -> PredictiveDraws:
    size = (len(intensity) * replicates, len(part.place))
    orders = np.empty(size, dtype=np.int64)
    period_value, residual_value = (None, None) if part.spending is None else np.empty((2, *size), dtype=np.float32)
    each = part.histories.at(part.place)
    for d, row in enumerate(posterior.parameters):
        future = model.sample_future(
            _of(model, row),
            each,
            alive[d][part.place],
            horizon=window.horizon,
            value_cap=window.value_cap,
            intensity=intensity[d] * drift.met_in(d, part),
            replicates=replicates,
            generator=generator,
        )
        here = slice(d * replicates, (d + 1) * replicates)
        orders[here] = future.orders
        if part.spending is not None and period_value is not None and residual_value is not None:
            part.spending.model.draw_values(
                part.spending.drawn(d),
                part.spending.spend,
                part.spending.margin,
                future,
                horizon=window.horizon,
                discount_rate=window.discount_rate,
                generator=generator,
                period_value=period_value[here],
                residual_value=residual_value[here],
            )
    return PredictiveDraws(orders, period_value, residual_value)


def _of(model: PurchaseModel, row: Floats) -> Any:
    return model.Parameters.from_array(row)


def _check(
    posterior: Posterior, histories: Histories, spending: Spending | None, window: Window, intensity: Floats
) -> None:
    draws = len(posterior.parameters)
    if window.value_cap < window.horizon or window.horizon < 0:
        raise InvalidForecastError(
            f"The value cap ({window.value_cap:g}) must reach at least to the horizon ({window.horizon:g}), which must "
            "not be below zero. Choose a longer value cap or a shorter horizon.",
        )
    if len(intensity) != draws:
        raise InvalidForecastError(f"{len(intensity)} intensities for {draws} draws: give one a draw.")
    if spending is None:
        return
    if len(spending.posterior.parameters) != draws:
        raise InvalidForecastError(
            f"The spend model has {len(spending.posterior.parameters)} draws and the purchase model {draws}: "
            "draw as many of both.",
        )
    if len(spending.spend) != len(histories):
        raise InvalidForecastError(
            f"{len(spending.spend)} rows of spend for {len(histories)} histories: pass both for the same customers.",
        )
