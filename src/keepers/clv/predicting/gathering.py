"""Values a large base part by part: closed-form means, joint draws, their points and sums.

The customers are taken in order of history and spend. Means are made for large parts at once, since much of their work
is the same for all; draws for small slices of these, so that they stay near the processor. Slices, and within them
draws of the parameters, have random numbers of their own and are worked at side by side.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from keepers.clv.drift import OwnChange
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.inference.posterior import Posterior
from keepers.clv.model import Future, PurchaseModel
from keepers.clv.numerics.beside import T, side_by_side
from keepers.clv.numerics.chance import Stream, stream_of
from keepers.clv.predicting import predictive_kernels
from keepers.clv.predicting.count_points import count_points
from keepers.clv.predicting.prediction import (
    HIGH,
    LOW,
    Interval,
    Prediction,
    PredictiveDraws,
    Spending,
    Totals,
    Window,
)
from keepers.clv.predicting.predictive_kernels import Draws

_ROWS_OF_MEANS = 100_000
_ROWS_OF_DRAWS = 10_000
_NODES_OF_TIME = 12
_ROWS_WORTH_A_THREAD = 500


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some customers: the first one's place, their rows, distinct histories, which of these each has, and spending."""

    start: int
    rows: Integers
    histories: Histories
    place: Integers
    spending: Spending | None

    def slices(self) -> Iterator[tuple["Part", slice]]:
        """Smaller parts, and which of the histories each has."""
        for begin in range(0, len(self.rows), _ROWS_OF_DRAWS):
            some = np.arange(begin, min(begin + _ROWS_OF_DRAWS, len(self.rows)), dtype=np.int64)
            place = self.place[some]
            kinds = slice(int(place[0]), int(place[-1]) + 1)
            here = self.histories.at(np.arange(kinds.start, kinds.stop, dtype=np.int64))
            spending = None if self.spending is None else self.spending.at(some)
            yield Part(self.start + begin, self.rows[some], here, place - kinds.start, spending), kinds


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """A model with what is known of its parameters and of the time ahead, the same for all customers.

    intensity: (draws,) multiplier on all customers' future purchase rate
    top: (draws,) residual value above which a customer is among the best in that draw [money]; None: not asked
    """

    model: PurchaseModel
    posterior: Posterior
    window: Window
    intensity: Floats
    drift: OwnChange
    replicates: int
    top: Floats | None = None

    def parameters(self) -> Iterator[Any]:
        """The model's parameters in each draw."""
        return (self.model.Parameters.from_array(row) for row in self.posterior.parameters)

    def alive(self, histories: Histories) -> Floats:
        """(draws, n) P(alive) in each draw."""
        works = [partial(self.model.probability_alive, parameters, histories) for parameters in self.parameters()]
        return np.array(_each(works, len(histories)))

    def draws(self, part: Part, alive: Floats, generator: np.random.Generator) -> PredictiveDraws:
        """Joint draws of the futures of some customers; `alive` (draws, histories) is their P(alive)."""
        spending, window = part.spending, self.window
        size = (len(self.intensity) * self.replicates, len(part.place))
        orders = np.empty(size, dtype=np.int64)
        period_value, residual_value = (None, None) if spending is None else np.empty((2, *size), dtype=np.float32)
        each = part.histories.at(part.place)
        own, places = self.drift.factors(part.histories), part.start + np.arange(len(part.place))
        parameters, luck = list(self.parameters()), generator.spawn(len(self.intensity))

        def fill(d: int) -> None:
            future = self.model.sample_future(
                parameters[d],
                each,
                alive[d][part.place],
                horizon=window.horizon,
                value_cap=window.value_cap,
                intensity=self.intensity[d] * own[self.drift.met_in(d, places), part.place],
                replicates=self.replicates,
                generator=luck[d],
            )
            here = slice(d * self.replicates, (d + 1) * self.replicates)
            orders[here] = future.orders
            if spending is not None and period_value is not None and residual_value is not None:
                tables = period_value[here], residual_value[here]
                _fill_values(spending, d, future, window, stream_of(luck[d]), *tables)

        _each([partial(fill, d) for d in range(len(luck))], len(part.place))
        return PredictiveDraws(orders, period_value, residual_value)


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Columns and totals that the parts fill."""

    columns: dict[str, Floats]
    totals: dict[str, Floats]
    replicates: int

    @classmethod
    def empty(cls, customers: int, draws: int, replicates: int, *, with_values: bool) -> "Gathered":
        """For so many customers, draws of the parameters, and random futures of each."""
        kinds = ("orders", "period_value", "residual_value") if with_values else ("orders",)
        names = ["alive", "again", *(f"{kind}_{part}" for kind in kinds for part in ("mean", "low", "high"))]
        names += ["order_value"] if with_values else []
        totals = {kind: np.zeros(draws * replicates) for kind in kinds}
        return cls({name: np.zeros(customers) for name in names}, totals, replicates)

    def take(self, forecast: Forecast, part: Part, generator: np.random.Generator) -> None:
        """Means and draws of some customers."""
        alive, slices = forecast.alive(part.histories), list(part.slices())
        works: list[Callable[[], dict[str, Floats]]] = [partial(self._take_means, forecast, part, alive)]
        for (some, kinds), luck in zip(slices, generator.spawn(len(slices)), strict=True):
            works.append(partial(self._take_slice, forecast, some, alive[:, kinds], luck))
        for sums in side_by_side(works):
            for kind, sum_of_draws in sums.items():
                self.totals[kind] += sum_of_draws

    def _take_slice(
        self, forecast: Forecast, part: Part, alive: Floats, generator: np.random.Generator
    ) -> dict[str, Floats]:
        draws = forecast.draws(part, alive, generator)
        self._take_chances(forecast, part, draws)
        return self._take_draws(part.rows, draws)

    def _take_chances(self, forecast: Forecast, part: Part, draws: PredictiveDraws) -> None:
        """Shares of the draws in which serving the customers pays, and in which they are among the best."""
        values = draws.residual_value
        if values is None or part.spending is None:
            return
        if part.spending.cost_to_serve is not None:
            self._column("above_cost")[part.rows] = (values > 0).mean(axis=0)
        if forecast.top is not None:
            marks = np.repeat(forecast.top, forecast.replicates).astype(np.float32)
            self._column("in_top")[part.rows] = (values > marks[:, None]).mean(axis=0)

    def _column(self, name: str) -> Floats:
        return self.columns.setdefault(name, np.zeros(len(self.columns["alive"])))

    def prediction(self) -> Prediction:
        """The columns by their names."""
        return Prediction(
            probability_alive=self.columns["alive"],
            chance_of_order=self.columns["again"],
            orders=self._interval("orders"),
            expected_order_value=self.columns.get("order_value"),
            period_value=self._interval("period_value") if "period_value" in self.totals else None,
            residual_value=self._interval("residual_value") if "residual_value" in self.totals else None,
            totals=Totals(
                self.totals["orders"],
                self.totals.get("period_value"),
                self.totals.get("residual_value"),
                self.replicates,
            ),
            above_cost=self.columns.get("above_cost"),
            in_top=self.columns.get("in_top"),
        )

    def _take_means(self, forecast: Forecast, part: Part, alive: Floats) -> dict[str, Floats]:
        """Closed-form means at the mean intensity and points of orders, over the draws; they add to no total."""
        share, boost = 1.0 / len(forecast.intensity), float(forecast.intensity.mean())
        orders = np.zeros(len(part.histories))
        kinds = ("order_value", "period_value", "residual_value", "period_value_cost", "residual_value_cost")
        values = {kind: np.zeros(len(part.rows)) for kind in kinds}
        for d, parameters in enumerate(forecast.parameters()):
            orders += forecast.model.expected_orders(
                parameters, part.histories, horizon=forecast.window.horizon, intensity=boost, alive=alive[d]
            )
            if part.spending is not None:
                _add_values(values, forecast, parameters, part, part.spending, d, boost, alive[d])
        self.columns["alive"][part.rows] = alive.mean(axis=0)[part.place]
        self.columns["orders_mean"][part.rows] = (share * orders)[part.place]
        low, high = count_points(
            forecast.model,
            list(forecast.parameters()),
            forecast.intensity[:, None] * forecast.drift.factors(part.histories),
            part.histories,
            share * orders,
            horizon=forecast.window.horizon,
            low=LOW,
            high=HIGH,
        )
        self._put("orders", part.rows, low[part.place], high[part.place])
        if part.spending is not None:
            self.columns["order_value"][part.rows] = share * values["order_value"]
            for kind in ("period_value", "residual_value"):
                earned = part.spending.margin * values[kind]
                self.columns[f"{kind}_mean"][part.rows] = share * (earned - values[f"{kind}_cost"])
        return {}

    def _take_draws(self, rows: Integers, draws: PredictiveDraws) -> dict[str, Floats]:
        """Points of the draws of some customers; their sums."""
        sums: dict[str, Floats] = {"orders": draws.orders.sum(axis=1, dtype=np.float64)}
        low, high = np.empty(len(rows)), np.empty(len(rows))
        for kind, table in (("period_value", draws.period_value), ("residual_value", draws.residual_value)):
            if table is not None:
                predictive_kernels.points(table, LOW, HIGH, low, high)
                self._put(kind, rows, low, high)
                sums[kind] = table.sum(axis=1, dtype=np.float64)
        self.columns["again"][rows] = np.count_nonzero(draws.orders, axis=0) / len(draws.orders)
        return sums

    def _put(self, kind: str, rows: Integers, low: Floats, high: Floats) -> None:
        self.columns[f"{kind}_low"][rows] = low
        self.columns[f"{kind}_high"][rows] = high

    def _interval(self, kind: str) -> Interval:
        return Interval(*(self.columns[f"{kind}_{part}"] for part in ("mean", "low", "high")))


def parts(histories: Histories, spending: Spending | None) -> Iterator[Part]:
    """The customers in equal parts, ordered by history and then by spend, so that their own order does not matter."""
    distinct, inverse = histories.distinct()
    keys = (inverse,) if spending is None else (spending.spend.mean_order_value, inverse)
    order = np.lexsort(keys)
    for start in range(0, len(order), _ROWS_OF_MEANS):
        rows = order[start : start + _ROWS_OF_MEANS]
        first, last = inverse[rows[0]], inverse[rows[-1]]
        here = distinct.at(np.arange(first, last + 1, dtype=np.int64))
        yield Part(start, rows, here, inverse[rows] - first, None if spending is None else spending.at(rows))


def _each(works: Sequence[Callable[[], T]], rows: int) -> list[T]:
    """What each returns, side by side where there are rows enough to make it worth while."""
    return side_by_side(works) if rows >= _ROWS_WORTH_A_THREAD else [work() for work in works]


def _add_values(
    values: dict[str, Floats],
    forecast: Forecast,
    parameters: Any,
    part: Part,
    spending: Spending,
    d: int,
    boost: float,
    alive: Floats,
) -> None:
    order_value = spending.model.expected_order_value(spending.drawn(d), spending.spend)
    values["order_value"] += order_value
    window = forecast.window
    for kind, length in (("period_value", window.horizon), ("residual_value", window.value_cap)):
        orders = forecast.model.discounted_expected_orders(
            parameters,
            part.histories,
            horizon=length,
            discount_rate=window.discount_rate,
            intensity=boost,
            alive=alive,
        )
        values[kind] += order_value * orders[part.place]
        if spending.cost_to_serve is not None:
            served = _discounted_time(forecast, parameters, part.histories, length)
            values[f"{kind}_cost"] += spending.cost_to_serve * served[part.place]


def _discounted_time(forecast: Forecast, parameters: Any, histories: Histories, length: float) -> Floats:
    """(histories,) expected time still a customer within `length`, each moment discounted to now [time unit]."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES_OF_TIME)
    # closer together near now, where those who are leaving leave
    place, steps = (0.5 * (nodes + 1.0)) ** 2, 0.5 * weights * (nodes + 1.0)
    total = np.zeros(len(histories))
    for moment, step in zip(length * place, length * steps, strict=True):
        alive = forecast.model.probability_alive(parameters, histories, after=float(moment))
        total += step * np.exp(-forecast.window.discount_rate * moment) * alive
    return total


def _fill_values(
    spending: Spending,
    draw: int,
    future: Future,
    window: Window,
    stream: Stream,
    period_value: Draws,
    residual_value: Draws,
) -> None:
    """Fill (replicates, n) what random futures are worth, net of what serving costs."""
    spending.model.draw_values(
        spending.drawn(draw),
        spending.spend,
        spending.margin,
        future,
        horizon=window.horizon,
        discount_rate=window.discount_rate,
        stream=stream,
        period_value=period_value,
        residual_value=residual_value,
    )
    _pay_for_service(spending, future, window, period_value, residual_value)


def _pay_for_service(
    spending: Spending, future: Future, window: Window, period_value: Draws, residual_value: Draws
) -> None:
    """Take what serving costs off the drawn values, for as long as each customer stays one."""
    if spending.cost_to_serve is None:
        return
    rate = window.discount_rate
    within = future.active * _mean_discount(rate * future.active)
    later = future.later_active * _mean_discount(rate * future.later_active) * np.exp(-rate * window.horizon)
    period_value -= (spending.cost_to_serve * within).astype(np.float32)
    residual_value -= (spending.cost_to_serve * (within + later)).astype(np.float32)


def _mean_discount(length: Floats) -> Floats:
    """Mean of e^-z for z from 0 to `length`."""
    return np.asarray(np.where(length < 1e-9, 1.0, -np.expm1(-length) / np.maximum(length, 1e-9)))
