"""What a new customer is worth: the margin of the first order, and of what comes after it up to the value cap.

A newcomer has ordered once, today. The orders to come are those of customers acquired since the log began, never of
those already there; what an order is worth is the mean of the source's own customers, each weighed against everybody.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import ndtri

from keepers.clv.histories import Histories
from keepers.clv.numerics.beside import side_by_side
from keepers.clv.predicting.predictive import HIGH, LOW, Spending, Window, draw_futures
from keepers.clv.predicting.ranges import ends_of
from keepers.clv.spend import Spend
from keepers.valuation.assumptions import FIRST_ORDER, Assumptions
from keepers.valuation.base import Base
from keepers.valuation.fits import ALREADY, BaseFit, SegmentFit
from keepers.valuation.luck import Use, generator_for
from keepers.valuation.spending import SpendFit
from keepers.warehouse.store import Store

EVERYWHERE = "all"
BROUGHT_BY = ("acquisition_source", "channel")  # what tells sources apart where the user names nothing
MOST_SOURCES = 20  # of each term, the largest
LEAST_CUSTOMERS = 30  # acquired since the log began, of a source that is told apart
ONE_BY_ONE = 1_000  # futures of a single newcomer for each draw of the parameters
NODES = 12

Source = tuple[str, NDArray[np.bool_]]  # its name, and which customers of the base came from it


@dataclass(frozen=True, slots=True)
class NewCustomers:
    """What a newcomer of a source is worth.

    lifetime_value: mean, 5 % and 95 % point of the source's mean [money]; one_customer: points of a single newcomer's.
    first_order_value: revenue of the first order [money]; expected_orders: those after it within the horizon.
    """

    source: str
    customers: int
    lifetime_value: dict[str, float]
    one_customer: dict[str, float]
    first_order_value: float
    expected_orders: float

    def as_json(self) -> dict[str, Any]:
        """One of `base.new_customers`."""
        return {
            "source": self.source,
            "customers": self.customers,
            "lifetime_value": self.lifetime_value,
            "one_customer": self.one_customer,
            "first_order_value": self.first_order_value,
            "expected_orders": self.expected_orders,
        }


def read_sources(store: Store, base: Base, assumptions: Assumptions) -> tuple[Source, ...]:
    """Everybody, then the customers of each value of what customers are told apart by (`--by`), the 20 largest.

    Where nothing is named, by what brought them, else by the channel of the first order, where orders tell it.
    """
    return tuple(_sources(store, base, assumptions))


def new_customers(
    sources: Sequence[Source], base: Base, fit: BaseFit, window: Window, assumptions: Assumptions
) -> tuple[NewCustomers, ...]:
    """The worth of a newcomer of each source; nothing without money.

    Sources with fewer than 30 customers acquired since the log began are only in the whole.
    """
    if fit.spend is None:
        return ()
    segment = next(each for each in fit.segments if each.name != ALREADY)
    usual, works = segment.members & ~base.stray, []
    for source, members in sources:
        rows = np.flatnonzero(members & usual)
        if rows.size >= LEAST_CUSTOMERS or (source == EVERYWHERE and rows.size):
            works.append(partial(_worth, source, rows, base, fit, fit.spend, segment, window, assumptions))
    return tuple(side_by_side(works))


def _sources(store: Store, base: Base, assumptions: Assumptions) -> Iterator[Source]:
    yield EVERYWHERE, np.ones(base.size, dtype=np.bool_)
    terms = [term for term in assumptions.by if term != FIRST_ORDER] or _told(store, base)
    if not terms:
        return
    described = store.query("customer_terms", as_of=base.as_of)
    place = pc.index_in(base.summary["customer_id"], value_set=described["customer_id"].combine_chunks())
    for term in terms:
        values = described[term].take(place).cast(pa.string()).combine_chunks().dictionary_encode()
        codes = pc.fill_null(values.indices, -1).to_numpy(zero_copy_only=False)
        names = values.dictionary.to_pylist()
        largest = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(names)), kind="stable")[:MOST_SOURCES]
        for code in sorted(largest.tolist(), key=lambda code: str(names[code])):
            yield f"{term}: {names[code]}", codes == code


def _told(store: Store, base: Base) -> list[str]:
    """What tells sources apart where the user names nothing: the first that any order tells."""
    lines = store.query("terms_told", as_of=base.as_of).to_pylist()[0]
    return [term for term in BROUGHT_BY if lines[term]][:1]


def _worth(
    source: str,
    rows: NDArray[np.int64],
    base: Base,
    fit: BaseFit,
    spend: SpendFit,
    segment: SegmentFit,
    window: Window,
    assumptions: Assumptions,
) -> NewCustomers:
    newcomers, share = _newcomers(rows, fit, assumptions)
    later, soon, served = _to_come(fit, segment, newcomers, share, window)
    margin = float(base.margin_rates(assumptions.margin)[rows].mean())
    order_value = _order_values(base.spend().at(rows), spend)
    cost = (assumptions.cost_per_unit or 0.0) * served
    worth = margin * order_value * (1.0 + later * fit.intensity) - cost
    mean = float((margin * order_value * (1.0 + later) - cost).mean())
    one = _one_customer(newcomers, share, fit, spend, segment, window, assumptions, margin, float(order_value.mean()))
    low, high = ends_of(worth)
    return NewCustomers(
        source=source,
        customers=int(rows.size),
        lifetime_value={"mean": mean, "low": float(low), "high": float(high)},
        one_customer=one,
        first_order_value=float(order_value.mean()),
        expected_orders=float(soon.mean()),
    )


def _newcomers(
    rows: NDArray[np.int64], fit: BaseFit, assumptions: Assumptions
) -> tuple[Histories, NDArray[np.float64]]:
    """Histories of customers who ordered for the first time today, one a pattern, and each pattern's share."""
    told_apart = fit.who is not None and fit.who.used
    patterns, counts = (
        np.unique(fit.who.pattern[rows], return_counts=True)
        if fit.who is not None and told_apart
        else (np.zeros(1, dtype=np.int64), np.array([rows.size]))
    )
    nothing = np.zeros(patterns.size)
    histories = Histories.of(nothing.astype(np.int64), nothing, nothing, time_unit_days=assumptions.unit.days)
    share: NDArray[np.float64] = counts / counts.sum()
    return (histories.described_by(patterns) if told_apart else histories), share


def _to_come(
    fit: BaseFit, segment: SegmentFit, newcomers: Histories, share: NDArray[np.float64], window: Window
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """(draws,) each: discounted orders up to the value cap, orders within the horizon, discounted time a customer."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    place, steps = window.value_cap * (0.5 * (nodes + 1.0)) ** 2, window.value_cap * 0.5 * weights * (nodes + 1.0)
    later, soon, served = [], [], []
    for row in segment.posterior.parameters:
        parameters = fit.model.Parameters.from_array(row)
        orders = fit.model.discounted_expected_orders(
            parameters, newcomers, horizon=window.value_cap, discount_rate=window.discount_rate
        )
        later.append(share @ orders)
        soon.append(share @ fit.model.expected_orders(parameters, newcomers, horizon=window.horizon))
        alive = [share @ fit.model.probability_alive(parameters, newcomers, after=float(after)) for after in place]
        served.append(float((steps * np.exp(-window.discount_rate * place)) @ np.array(alive)))
    return np.array(later), np.array(soon), np.array(served)


def _order_values(spend: Spend, fit: SpendFit) -> NDArray[np.float64]:
    """(draws,) mean value of an order of these customers, with what so few of them leave open."""
    rows = fit.posterior.parameters
    means, total = np.empty(len(rows)), np.zeros(len(spend))
    for d, row in enumerate(rows):
        values = fit.model.expected_order_value(fit.model.Parameters.from_array(row), spend)
        means[d] = values.mean()
        total += values
    error = float(total.std()) / len(rows) / np.sqrt(len(spend))
    levels = np.random.default_rng(len(rows)).permutation((np.arange(len(rows)) + 0.5) / len(rows))
    return np.asarray(np.maximum(means + error * ndtri(levels), 0.0))


def _one_customer(
    newcomers: Histories,
    share: NDArray[np.float64],
    fit: BaseFit,
    spend: SpendFit,
    segment: SegmentFit,
    window: Window,
    assumptions: Assumptions,
    margin: float,
    usual: float,
) -> dict[str, float]:
    """5 % and 95 % points of what a single newcomer is worth: a first order is drawn, and what follows given it."""
    generator = generator_for(Use.ONE_NEWCOMER, assumptions.seed)
    draws = spend.posterior.parameters
    place = generator.choice(len(newcomers), size=ONE_BY_ONE, p=share)
    first = spend.model.simulate(
        spend.model.Parameters.from_array(draws[len(draws) // 2]), np.ones(ONE_BY_ONE, dtype=np.int64), generator
    )
    scale = usual / max(float(first.mean_order_value.mean()), 1e-300)
    cost = assumptions.cost_per_unit  # in the money of the draws, which are scaled to the source's afterwards
    spending = Spending.of(
        first, spend.posterior, margin=margin, model=spend.model, cost_to_serve=None if cost is None else cost / scale
    )
    futures = draw_futures(
        fit.model,
        segment.posterior,
        newcomers.at(place),
        spending,
        window=window,
        intensity=fit.intensity,
        drift=fit.own_change,
        replicates=1,
        generator=generator,
    )
    worth = scale * (margin * first.mean_order_value + np.asarray(futures.residual_value, dtype=np.float64))
    low, high = np.quantile(worth, [LOW, HIGH])
    return {"low": float(low), "high": float(high)}
