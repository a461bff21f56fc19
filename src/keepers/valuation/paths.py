"""One customer over time: the chance of still buying after each order and each silence, and what may yet come."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from keepers.clv.predicting.predictive import HIGH, LOW, Spending, draw_futures, predict
from keepers.clv.spend import Spend
from keepers.valuation.kept import KeptFit, histories_at

MOST_STEPS = 200
AHEAD = timedelta(weeks=26)
REPLICATES = 8
MOST_BINS = 40
DRAWN_TO = 0.99  # the last bin holds the one in a hundred beyond, so that the rest can be seen


@dataclass(frozen=True, slots=True)
class AlivePath:
    """The chance of still being a customer, day by day; an order day is there twice, before the order and after it.

    days: rising
    probability_alive: mean over the draws [0–1]
    known: false after `as_of`, where no order is taken to come
    ordered: true at the second of an order day's two points
    """

    days: tuple[date, ...]
    probability_alive: NDArray[np.float64]
    known: NDArray[np.bool_]
    ordered: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ValueDistribution:
    """What a customer may yet be worth, from draws of their future.

    mean, low, high: of the draws [money]; low and high are the 5 % and 95 % points
    share_nothing: share of draws in which nothing comes any more
    edges: (bins + 1,) of the other draws [money]; the last bin also holds what lies beyond
    shares: (bins,) of all draws
    """

    draws: int
    mean: float
    low: float
    high: float
    share_nothing: float
    edges: NDArray[np.float64]
    shares: NDArray[np.float64]


def alive_path(
    fit: KeptFit, occasions: Sequence[date], *, as_of: date, step: timedelta = timedelta(weeks=1)
) -> AlivePath:
    """The chance that a customer was still one, from the first order to `as_of` and half a year of silence on.

    Every point is what the run's fit says of the history up to then; it is not what an earlier run said.

    Args:
        fit: of the run.
        occasions: days with an order, rising, none after `as_of`.
        as_of: last day that is known.
        step: between the points; longer where there would be more than `MOST_STEPS` of them.
    """
    moments = sorted(_moments(occasions, as_of, step))
    pairs = [(seen, day) for day, seen, _ in moments]
    histories = histories_at(occasions, pairs, time_unit_days=fit.time_unit_days)
    return AlivePath(
        days=tuple(day for day, _, _ in moments),
        probability_alive=fit.probability_alive(
            occasions[0], histories, moments=np.array([(day - as_of).days / fit.time_unit_days for _, day in pairs])
        ),
        known=np.array([day <= as_of for day, _, _ in moments]),
        ordered=np.array([ordered for _, _, ordered in moments]),
    )


def next_order_window(fit: KeptFit, occasions: Sequence[date], *, as_of: date) -> tuple[date | None, date | None]:
    """The days by which the next order has come with a chance of one and of three in four, if still a customer.

    The run's `next_order_due`, the even chance, lies between them; None where that chance is not reached.
    """
    history = histories_at(occasions, [(len(occasions), as_of)], time_unit_days=fit.time_unit_days)
    times = [fit.next_order_time(occasions[0], history, probability=chance)[0] for chance in (0.25, 0.75)]
    early, late = (
        as_of + timedelta(days=int(np.ceil(time * fit.time_unit_days))) if np.isfinite(time) else None for time in times
    )
    return early, late


def value_distribution(
    fit: KeptFit,
    customer_id: str,
    occasions: Sequence[date],
    *,
    as_of: date,
    mean_order_value: float,
    residual_value: float,
    paid_values: Sequence[float] = (),
) -> ValueDistribution | None:
    """Draws of one customer's residual value: each draw of the parameters with each of the drift, some futures each.

    The margin is the one that makes the closed-form mean, net of what serving costs, the run's own residual value:
    values are linear in it.

    Args:
        fit: of the run.
        customer_id: gives the draws their own seed, so that a page shows the same picture each time.
        occasions: days with an order, rising.
        as_of: last day that is known.
        mean_order_value: net revenue an occasion so far [money].
        residual_value: the run's mean [money].
        paid_values: what each occasion with an amount above zero was worth, which the log-normal model reads [money].

    Returns:
        None where the base has no money.
    """
    if fit.spend is None:
        return None
    copies = len(fit.intensity)
    histories = histories_at(occasions, [(len(occasions), as_of)] * copies, time_unit_days=fit.time_unit_days)
    logs = np.log(np.asarray(paid_values, dtype=np.float64))
    spend = Spend.of(
        [max(mean_order_value, 0.0)] * copies,
        [len(occasions)] * copies,
        paid_orders=[logs.size] * copies,
        mean_log_value=[float(logs.mean()) if logs.size else 0.0] * copies,
        var_log_value=[float(logs.var()) if logs.size else 0.0] * copies,
    )
    one = spend.at(np.zeros(1, dtype=np.int64))
    revenue = _mean_value(fit, occasions, as_of, one)
    cost = revenue - _mean_value(fit, occasions, as_of, one, cost_to_serve=fit.cost_to_serve)
    margin = (residual_value + cost) / revenue if revenue > 0 else 0.0
    drawn = draw_futures(
        fit.model,
        fit.posterior_of(occasions[0]),
        histories,
        Spending.of(spend, fit.spend, model=fit.spend_model, margin=margin, cost_to_serve=fit.cost_to_serve),
        window=fit.window,
        intensity=fit.intensity,
        drift=fit.own_change,
        replicates=REPLICATES,
        generator=_generator_of(customer_id),
    )
    if drawn.residual_value is None:
        return None
    return _distribution(drawn.residual_value.ravel().astype(np.float64))


def _moments(occasions: Sequence[date], as_of: date, step: timedelta) -> Iterator[tuple[date, int, bool]]:
    """Day, orders seen by then, and whether the last of them came at this moment."""
    span = as_of + AHEAD - occasions[0]
    pace = step * max(1, -(-span // (step * MOST_STEPS)))
    order_days = set(occasions)
    grid = {occasions[0] + pace * number for number in range(span // pace + 1)} | {as_of, as_of + AHEAD}
    for day in grid - order_days:
        yield day, bisect_right(occasions, day), False
    for place, day in enumerate(occasions):
        if place > 0:
            yield day, place, False
        yield day, place + 1, True


def _generator_of(customer_id: str) -> np.random.Generator:
    return np.random.default_rng(list(sha256(customer_id.encode()).digest()[:8]))


def _mean_value(
    fit: KeptFit, occasions: Sequence[date], as_of: date, spend: Spend, *, cost_to_serve: float | None = None
) -> float:
    """The discounted revenue to come up to the value cap, in closed form as at the run, net of what serving costs."""
    prediction = predict(
        fit.model,
        fit.posterior_of(occasions[0]),
        histories_at(occasions, [(len(occasions), as_of)], time_unit_days=fit.time_unit_days),
        fit.spend,
        spend,
        horizon=fit.window.horizon,
        value_cap=fit.window.value_cap,
        discount_rate=fit.window.discount_rate,
        intensity=fit.intensity,
        replicates=1,
        generator=np.random.default_rng(0),
        spend_model=fit.spend_model,
        cost_to_serve=cost_to_serve,
    )
    return 0.0 if prediction.residual_value is None else float(prediction.residual_value.mean[0])


def _distribution(values: NDArray[np.float64]) -> ValueDistribution:
    something = values[values != 0.0]
    edges = _edges(something)
    inside = np.clip(something, edges[0], np.nextafter(edges[-1], -np.inf)) if edges.size else something
    counts = np.histogram(inside, bins=edges)[0] if edges.size else np.zeros(0)
    low, high = np.quantile(values, [LOW, HIGH])
    return ValueDistribution(
        draws=values.size,
        mean=float(values.mean()),
        low=float(low),
        high=float(high),
        share_nothing=1.0 - something.size / values.size,
        edges=edges,
        shares=counts / values.size,
    )


def _edges(something: NDArray[np.float64]) -> NDArray[np.float64]:
    """Equal bins of a round width that reach from nothing over all but the last hundredth; none for no values."""
    if something.size == 0:
        return np.zeros(0)
    least, most = min(0.0, float(something.min())), max(0.0, float(np.quantile(something, DRAWN_TO)))
    width = _round_width((most - least) / (MOST_BINS - 2))
    first, last = np.floor(least / width), np.floor(most / width) + 1
    edges: NDArray[np.float64] = np.arange(first, last + 1) * width
    return edges


def _round_width(least: float) -> float:
    """The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below."""
    power = 10.0 ** np.floor(np.log10(max(least, 1e-300)))
    return float(next(power * step for step in (1.0, 2.0, 2.5, 5.0, 10.0) if power * step >= least * (1 - 1e-12)))
