"""Forecast a base: every customer's future from the draws of its segment, and the base's total from joint draws."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from keepers.clv import scoring
from keepers.clv.histories import Histories
from keepers.clv.numerics.beside import side_by_side
from keepers.clv.predicting.predictive import (
    HIGH,
    LOW,
    Prediction,
    Spending,
    Window,
    draw_futures,
    order_count_cdf,
    order_count_distribution,
    predict,
)
from keepers.clv.spend import Spend
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.base import Base
from keepers.valuation.blocks import Arrays, MapBlocks, arrays_of, one_by_one, rows_in_blocks, with_arrays
from keepers.valuation.fits import BaseFit, SegmentFit
from keepers.valuation.luck import Use, generator_for

REPLICATES = 8
TOP = 0.1  # share of the base that `chance_in_top_tenth` is about
RANKED = 4_000  # customers, with several futures each, among whom the mark of the top tenth is found
SCORED_IN_FULL = 20_000  # customers whose whole predictive distribution is scored; means and ranks use everyone
LONGEST_COUNT = 2_000
NEXT_ORDER = {"next_order_low": LOW, "next_order_due": 0.5, "next_order_high": HIGH}  # columns, chance to have come
_PLACE, _TOTAL = "place", "total "  # names within a block
_SENT = ("rows", "histories", "spend", "margin")  # what a block holds of a part


@dataclass(frozen=True, slots=True)
class Part:
    """The customers of one segment with all that the engine needs to forecast them."""

    segment: SegmentFit
    rows: NDArray[np.int64]
    histories: Histories
    spend: Spend | None
    margin: NDArray[np.float64]
    cost_to_serve: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """Figures of every customer in the order of the base's rows, and joint draws of the base's totals.

    figures: columns of `customer_values` by name, shape (n,); money is missing where the source has none.
    totals: joint draws of `expected_orders` and, with money, `period_value` and `residual_value`, shape (draws,).
    next_order_times: by when the next order has come, if still a customer, by the column that says so, (n,) each
        [time unit]; nan where that chance is not reached. Empty where nobody asked.
    """

    fit: BaseFit
    window: Window
    parts: tuple[Part, ...]
    figures: dict[str, NDArray[np.float64]]
    totals: dict[str, NDArray[np.float64]]
    next_order_times: dict[str, NDArray[np.float64]]
    seed: int

    @property
    def worth(self) -> NDArray[np.float64]:
        """What customers are ranked by: residual value, or expected orders without money."""
        return self.figures.get("residual_value", self.figures["expected_orders"])

    @property
    def worth_high(self) -> NDArray[np.float64]:
        """The 95 % point of the same."""
        return self.figures.get("residual_value_high", self.figures["orders_high"])

    def share_beyond(self, time: float) -> float:
        """Share of the base's residual value that lies later than `time` [time unit] from now; nan without money."""
        worth = self.figures.get("residual_value")
        if worth is None or not worth.sum() > 0:
            return float("nan")
        within = sum(float(worth[part.rows] @ self._share_within(part, time)) for part in self.parts)
        return 1.0 - within / float(worth.sum())

    def _share_within(self, part: Part, time: float) -> NDArray[np.float64]:
        """Share of each customer's discounted orders that comes until `time`, at the fitted parameters."""
        reach = min(time, self.window.value_cap)
        distinct, place = part.histories.distinct()
        near, all_orders = (
            part.segment.main.model.discounted_expected_orders(
                part.segment.main.fit.parameters, distinct, horizon=horizon, discount_rate=self.window.discount_rate
            )
            for horizon in (reach, self.window.value_cap)
        )
        share: NDArray[np.float64] = near / np.maximum(all_orders, 1e-300)
        return share[place]

    def order_cdf(self, counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """P(orders < count) and P(orders ≤ count) within the horizon for each customer's own count."""
        below, at = np.zeros(counts.size), np.zeros(counts.size)
        for part in self.parts:
            below[part.rows], at[part.rows] = order_count_cdf(
                self.fit.model,
                part.segment.posterior,
                part.histories,
                counts[part.rows],
                horizon=self.window.horizon,
                intensity=self.fit.intensity,
                drift=self.fit.own_change,
            )
        return below, at

    def order_crps(self, counts: NDArray[np.int64]) -> float:
        """Mean CRPS of orders, over at most 20,000 customers evenly chosen [occasions]."""
        return float(np.nanmean(self.order_crps_of_each(counts)))

    def order_crps_of_each(self, counts: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n,) the CRPS that `order_crps` is the mean of; nan for who was not chosen."""
        scores = np.full(counts.size, np.nan)
        for part, chosen in self._chosen(counts.size):
            scores[part.rows[chosen]] = self._order_crps(part, chosen, counts)
        return scores

    def value_crps(self, value: NDArray[np.float64]) -> float:
        """Mean CRPS of the period's value, over at most 20,000 customers evenly chosen [money]."""
        scored = [(self._value_crps(part, chosen, value), chosen.size) for part, chosen in self._chosen(value.size)]
        return float(np.average([score for score, _ in scored], weights=[count for _, count in scored]))

    def _chosen(self, size: int) -> Iterator[tuple[Part, NDArray[np.int64]]]:
        """Each part, and which of its customers are scored."""
        for part in self.parts:
            share = max(1, round(SCORED_IN_FULL * part.rows.size / size))
            yield part, np.unique(np.linspace(0, part.rows.size - 1, min(share, part.rows.size)).astype(np.int64))

    def _order_crps(self, part: Part, chosen: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
        actual = counts[part.rows[chosen]]
        reach = 2.0 * float(self.figures["orders_high"][part.rows[chosen]].max()) + 10
        pmf = order_count_distribution(
            self.fit.model,
            part.segment.posterior,
            part.histories.at(chosen),
            horizon=self.window.horizon,
            up_to=int(min(max(reach, actual.max() + 1), LONGEST_COUNT)),
            intensity=self.fit.intensity,
            drift=self.fit.own_change,
        )
        return scoring.crps_of_each_count(actual, np.minimum(np.cumsum(pmf, axis=1), 1.0))

    def _value_crps(self, part: Part, chosen: NDArray[np.int64], value: NDArray[np.float64]) -> float:
        draws = draw_futures(
            self.fit.model,
            part.segment.posterior,
            part.histories.at(chosen),
            _spending(self.fit, part).at(chosen),
            window=self.window,
            intensity=self.fit.intensity,
            drift=self.fit.own_change,
            replicates=REPLICATES,
            generator=generator_for(Use.VALUE_SCORES, self.seed),
        )
        return scoring.crps_of_draws(value[part.rows[chosen]], np.asarray(draws.period_value).T)


def forecast_base(
    base: Base,
    fit: BaseFit,
    assumptions: Assumptions,
    *,
    with_chances: bool = False,
    map_blocks: MapBlocks = one_by_one,
) -> Forecast:
    """Forecast every customer of the base within the horizon and up to the value cap.

    Args:
        base: the customers.
        fit: the models with their draws.
        assumptions: horizon, value cap, discount and seed.
        with_chances: chances of being among the best, and the days of next orders, are wanted too.
        map_blocks: where blocks of customers are computed; the numbers are the same everywhere.
    """
    unit = assumptions.unit
    window = Window(assumptions.horizon.within(unit), assumptions.cap.within(unit), assumptions.discount_rate)
    parts = tuple(_parts(base, fit, assumptions))
    top = _top_tenth(fit, parts, window, base.size, assumptions.seed) if with_chances else None
    places = [(number, rows) for number, part in enumerate(parts) for rows in rows_in_blocks(part.histories)]
    blocks = [_block(parts[number], number, rows, place) for place, (number, rows) in enumerate(places)]
    found = map_blocks(_Forecaster.of(fit, parts, window, top, assumptions.seed, with_days=with_chances), blocks)
    figures: dict[str, NDArray[np.float64]] = {}
    totals: dict[str, NDArray[np.float64]] = {}
    for (number, rows), arrays in zip(places, found, strict=True):
        for name, values in arrays.items():
            if name.startswith(_TOTAL):
                totals[name.removeprefix(_TOTAL)] = totals.get(name.removeprefix(_TOTAL), 0.0) + values
            else:
                figures.setdefault(name, np.full(base.size, np.nan))[parts[number].rows[rows]] = values
    next_order_times = {name: figures.pop(name) for name in NEXT_ORDER if name in figures}
    return Forecast(fit, window, parts, figures, totals, next_order_times, assumptions.seed)


@dataclass(frozen=True, slots=True)
class _Forecaster:
    """What forecasts a block, on any machine: the fit, and the parts without their customers."""

    fit: BaseFit
    parts: tuple[Part, ...]
    window: Window
    top: NDArray[np.float64] | None
    seed: int
    with_days: bool

    @classmethod
    def of(
        cls,
        fit: BaseFit,
        parts: Sequence[Part],
        window: Window,
        top: NDArray[np.float64] | None,
        seed: int,
        *,
        with_days: bool,
    ) -> "_Forecaster":
        nobody = np.empty(0, dtype=np.int64)
        bare = tuple(_without_members(part.segment) for part in parts)
        return cls(
            replace(fit, segments=bare),
            tuple(replace(_some(part, nobody), segment=segment) for part, segment in zip(parts, bare, strict=True)),
            window,
            top,
            seed,
            with_days,
        )

    def __call__(self, block: Arrays) -> Arrays:
        """Figures of the block's customers, and the joint draws of their sums."""
        number, place = (int(value) for value in block[_PLACE])
        bare = self.parts[number]
        part = replace(bare, **{name: with_arrays(getattr(bare, name), name, block) for name in _SENT})
        generator = generator_for(Use.FITS_AND_FUTURES, self.seed, place)
        works: list[Callable[[], Arrays]] = [
            partial(_predicted, self.fit, part, self.window, generator, self.top),
            partial(_remaining, part, self.window),
        ]
        if self.with_days:
            works.append(partial(_next_order_times, part, self.window))
        return {name: values for found in side_by_side(works) for name, values in found.items()}


def _block(part: Part, number: int, rows: NDArray[np.int64], place: int) -> Arrays:
    some = _some(part, rows)
    held = {path: array for name in _SENT for path, array in arrays_of(getattr(some, name), name).items()}
    return {**held, _PLACE: np.array([number, place], dtype=np.int64)}


def _some(part: Part, rows: NDArray[np.int64]) -> Part:
    spend = None if part.spend is None else part.spend.at(rows)
    return replace(part, rows=part.rows[rows], histories=part.histories.at(rows), spend=spend, margin=part.margin[rows])


def _without_members(segment: SegmentFit) -> SegmentFit:
    return replace(segment, members=np.empty(0, dtype=np.bool_))


def _parts(base: Base, fit: BaseFit, assumptions: Assumptions) -> Iterator[Part]:
    histories = replace(base.histories(assumptions.unit), sum_log_gaps=None)  # without gaps more histories repeat
    histories = histories if fit.who is None else fit.who.histories(histories)
    margin = base.margin_rates(assumptions.margin)
    spend = base.spend() if fit.spend is not None else None
    for segment in fit.segments:
        rows = np.flatnonzero(segment.members)
        own = None if spend is None else spend.at(rows)
        yield Part(segment, rows, histories.at(rows), own, margin[rows], assumptions.cost_per_unit)


def _predicted(
    fit: BaseFit, part: Part, window: Window, generator: np.random.Generator, top: NDArray[np.float64] | None
) -> Arrays:
    prediction = predict(
        fit.model,
        part.segment.posterior,
        part.histories,
        None if fit.spend is None else fit.spend.posterior,
        part.spend,
        horizon=window.horizon,
        value_cap=window.value_cap,
        discount_rate=window.discount_rate,
        margin=part.margin,
        intensity=fit.intensity,
        drift=fit.own_change,
        replicates=REPLICATES,
        generator=generator,
        **({} if fit.spend is None else {"spend_model": fit.spend.model}),
        cost_to_serve=part.cost_to_serve,
        top=top,
    )
    totals = {f"{_TOTAL}{name}": np.asarray(draws, dtype=np.float64) for name, draws in _totals(prediction).items()}
    return _figures(prediction) | totals


def _spending(fit: BaseFit, part: Part) -> Spending:
    if fit.spend is None or part.spend is None:
        raise TypeError("a base without money has no values to score")
    return Spending.of(
        part.spend, fit.spend.posterior, margin=part.margin, model=fit.spend.model, cost_to_serve=part.cost_to_serve
    )


def _top_tenth(
    fit: BaseFit, parts: Sequence[Part], window: Window, customers: int, seed: int
) -> NDArray[np.float64] | None:
    """(draws,) residual value that a tenth of the base is above, in each joint draw; from at most 4,000 customers.

    Found before each customer is looked at, so that no draw of the whole base need be kept.
    """
    if fit.spend is None:
        return None
    generator = generator_for(Use.TOP_TENTH, seed)
    drawn = []
    for part in parts:
        count = max(1, round(RANKED * part.rows.size / customers))
        some = np.unique(np.linspace(0, part.rows.size - 1, min(count, part.rows.size)).astype(np.int64))
        futures = draw_futures(
            fit.model,
            part.segment.posterior,
            part.histories.at(some),
            _spending(fit, part).at(some),
            window=window,
            intensity=fit.intensity,
            drift=fit.own_change,
            replicates=REPLICATES,
            generator=generator,
        )
        drawn.append(np.asarray(futures.residual_value, dtype=np.float64).reshape(len(fit.intensity), -1))
    return np.asarray(np.quantile(np.concatenate(drawn, axis=1), 1.0 - TOP, axis=1))


def _figures(prediction: Prediction) -> dict[str, NDArray[np.float64]]:
    figures = {
        "probability_alive": np.minimum(prediction.probability_alive, 1.0),  # a mean of ones may round above one
        "expected_orders": prediction.orders.mean,
        "orders_low": prediction.orders.low,
        "orders_high": prediction.orders.high,
        "chance_of_order": prediction.chance_of_order,
    }
    chances = {"chance_in_top_tenth": prediction.in_top, "chance_above_cost": prediction.above_cost}
    figures |= {name: chance for name, chance in chances.items() if chance is not None}
    if prediction.expected_order_value is not None:
        figures["expected_order_value"] = prediction.expected_order_value
    for name, interval in (("period_value", prediction.period_value), ("residual_value", prediction.residual_value)):
        if interval is not None:
            figures |= {name: interval.mean, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return figures


def _totals(prediction: Prediction) -> dict[str, NDArray[np.float64]]:
    totals = {
        "expected_orders": prediction.totals.orders,
        "period_value": prediction.totals.period_value,
        "residual_value": prediction.totals.residual_value,
    }
    return {name: draws for name, draws in totals.items() if draws is not None}


def _remaining(part: Part, window: Window) -> Arrays:
    """Median remaining lifetime at the fitted parameters, at most the value cap: beyond it nothing is claimed."""
    main = part.segment.main
    lifetime = main.model.remaining_lifetime(main.fit.parameters, part.histories, horizon=window.value_cap)
    return {"remaining_lifetime": np.minimum(lifetime, window.value_cap)}


def _next_order_times(part: Part, window: Window) -> Arrays:
    distinct, place = part.histories.distinct()
    main, cap = part.segment.main, window.value_cap
    return {
        name: main.model.next_order_time(main.fit.parameters, distinct, probability=chance, horizon=cap)[place]
        for name, chance in NEXT_ORDER.items()
    }
