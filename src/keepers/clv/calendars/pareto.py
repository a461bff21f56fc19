"""Pareto/NBD under a calendar: customers buy at λ·h(t) until, unseen, they leave; leaving knows no season.

The parameters are those of `pareto_nbd`, with h = 1 as the ordinary time. The functions are those of every model with
the calendar beside them; `pareto_under_calendar` offers them as a model. Given a customer who is still
one, λ ~ Gamma(r + x, α + H) and μ ~ Gamma(s, β + T), where H is the integral of h since the first order.
"""

import math

import numpy as np

from keepers.clv.calendars import future_kernels as ahead
from keepers.clv.calendars import kernels
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.histories import Floats, Histories, Integers, of_each
from keepers.clv.inference.fitting import Likelihood
from keepers.clv.model import Future
from keepers.clv.numerics.chance import stream_of
from keepers.clv.numerics.special import rising
from keepers.clv.pareto.future_kernels import count_pmf
from keepers.clv.pareto_nbd import Parameters
from keepers.clv.predicting.questions import must_be_chance


def likelihood_of(histories: Histories, calendar: Calendar) -> Likelihood:
    """The summed log-likelihood of the logarithms of (r, alpha, s, beta) without Σ log h(t_i); exact derivatives."""
    most, table = int(histories.repeat_orders.max(initial=0)), calendar.table()
    columns = (histories.repeat_orders, histories.age_at_last_order, histories.age, histories.weight)

    def summed(at: Floats, quantities: int) -> tuple[float, Floats]:
        total = np.zeros(quantities)
        value = kernels.sums(np.exp(at), rising(float(np.exp(at[0])), most), *columns, *table, total)
        return float(value), total

    def together(at: Floats) -> tuple[float, Floats, Floats]:
        value, total = summed(at, kernels.BENDS)
        hessian = np.zeros((4, 4))
        hessian[np.tril_indices(4)] = total[kernels.SLOPES :]
        return value, total[: kernels.SLOPES], hessian + np.tril(hessian, -1).T

    return Likelihood(
        value=lambda at: summed(at, kernels.SLOPES)[0],
        gradient=lambda at: summed(at, kernels.SLOPES),
        hessian=lambda at: together(at)[2],
        together=together,
    )


def by_row(parameters: Parameters, histories: Histories, calendar: Calendar) -> tuple[Floats, Floats]:
    """(n,) each: log-likelihood without Σ log h(t_i), and P(still a customer now)."""
    found = np.empty((2, len(histories)))
    kernels.rows(
        parameters.as_array(),
        rising(parameters.r, int(histories.repeat_orders.max(initial=0)))[0],
        histories.repeat_orders,
        histories.age_at_last_order,
        histories.age,
        *calendar.table(),
        found[0],
        found[1],
    )
    return found[0], found[1]


def expected_orders(
    parameters: Parameters,
    histories: Histories,
    calendar: Calendar,
    alive: Floats,
    *,
    horizon: float,
    discount_rate: float,
    start: float,
    intensity: float,
) -> Floats:
    """(n,) expected orders from `start` to `start + horizon` from now, each discounted to now."""
    shape, alpha, _ = given_alive(parameters, histories, calendar)
    lasting = _lasting(parameters, histories, calendar, start=start, horizon=horizon, discount_rate=discount_rate)
    return np.asarray(alive * shape / alpha * intensity * lasting)


def order_count_pmf(
    parameters: Parameters,
    histories: Histories,
    calendar: Calendar,
    *,
    horizon: float,
    up_to: int,
    intensity: Floats | float,
    alive: Floats | None = None,
) -> Floats:
    """(n, up_to + 1) P(k orders within the horizon); the mean is exact.

    Within the horizon h stands at the level that gives each customer's exact mean: whoever leaves on the way is taken
    to have met that level until then.
    """
    first, place = _kinds(histories)
    kinds = histories.at(first)
    shape, alpha, beta = given_alive(parameters, kinds, calendar)
    level = of_each(intensity, first) * _level(parameters, kinds, calendar, float(horizon))
    given = np.empty((len(kinds), up_to + 1))
    count_pmf(shape, alpha / level, parameters.s, beta, float(horizon), given)
    alive = by_row(parameters, histories, calendar)[1] if alive is None else alive
    pmf = given[place] * alive[:, None]
    pmf[:, 0] += 1.0 - alive
    return np.asarray(pmf)


def next_order_time(
    parameters: Parameters, histories: Histories, calendar: Calendar, *, probability: float, horizon: float
) -> Floats:
    """(n,) time by which the next order has come with the given probability, if still a customer; nan beyond."""
    must_be_chance(probability)
    first, place = _kinds(histories)
    shape, alpha, beta = given_alive(parameters, histories.at(first), calendar)
    times = np.empty(len(first))
    heights, _, frame = calendar.table()
    ahead.next_order(shape, alpha, parameters.s, beta, float(probability), float(horizon), heights, frame, times)
    return np.asarray(times[place])


def sample_future(
    parameters: Parameters,
    histories: Histories,
    calendar: Calendar,
    alive: Floats,
    *,
    horizon: float,
    value_cap: float,
    intensity: Floats | float,
    replicates: int,
    generator: np.random.Generator,
) -> Future:
    """Random futures: rates given alive, then leaving, then orders by the integral of h until then."""
    shape, alpha, beta = given_alive(parameters, histories, calendar)
    size = (replicates, len(histories))
    future = Future(np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64), np.zeros(size), np.zeros(size))
    ahead.futures(
        shape,
        np.ascontiguousarray(alpha / intensity),
        parameters.s,
        beta,
        np.ascontiguousarray(alive, dtype=np.float64),
        float(horizon),
        float(value_cap),
        *calendar.table(),
        stream_of(generator),
        future.orders,
        future.later_orders,
        future.active,
        future.later_active,
    )
    return future


def simulate(
    parameters: Parameters, calendar: Calendar, *, age: Floats, generator: np.random.Generator
) -> tuple[Integers, Floats]:
    """(n,) repeat orders and age at the last of them, of random customers whose first order lies `age` back."""
    ages = np.asarray(age, dtype=np.float64)
    rate = generator.gamma(parameters.r, 1 / parameters.alpha, len(ages))
    dropout = np.maximum(generator.gamma(parameters.s, 1 / parameters.beta, len(ages)), 1e-290)
    active = np.minimum(generator.exponential(1.0, len(ages)) / dropout, ages)
    entered = calendar.integral(-ages)
    exposed = calendar.integral(active - ages) - entered
    orders = generator.poisson(rate * exposed)
    latest = generator.random(len(ages)) ** (1 / np.maximum(orders, 1))
    last = np.clip(calendar.time_at(entered + exposed * latest) + ages, 0.0, ages)
    return orders, np.where(orders > 0, last, 0.0)


def given_alive(parameters: Parameters, histories: Histories, calendar: Calendar) -> tuple[Floats, Floats, Floats]:
    """Three columns: r + x, α + H and β + T."""
    return (
        np.asarray(parameters.r + histories.repeat_orders, dtype=np.float64),
        parameters.alpha - calendar.integral(-histories.age),
        parameters.beta + histories.age,
    )


def _level(parameters: Parameters, histories: Histories, calendar: Calendar, horizon: float) -> Floats:
    """(n,) mean of h over the horizon, each moment as much as the customer is likely to be there."""
    if horizon <= 0:
        return np.ones(len(histories))
    flat = Calendar.flat()
    met = _lasting(parameters, histories, calendar, start=0.0, horizon=horizon, discount_rate=0.0)
    whole = _lasting(parameters, histories, flat, start=0.0, horizon=horizon, discount_rate=0.0)
    return np.asarray(met / whole)


def _lasting(
    parameters: Parameters,
    histories: Histories,
    calendar: Calendar,
    *,
    start: float,
    horizon: float,
    discount_rate: float,
) -> Floats:
    """(n,) ∫ h(u) e^(−δu) P(still there at u | there now) du; one answer an age."""
    ages, place = np.unique(histories.age, return_inverse=True)
    found = np.empty(len(ages))
    heights, _, frame = calendar.table()
    ahead.lasting(
        parameters.beta + ages,
        parameters.s,
        float(start),
        float(horizon),
        float(discount_rate),
        heights,
        frame,
        found,
    )
    return np.asarray(found[place])


def _kinds(histories: Histories) -> tuple[Integers, Integers]:
    """Rows that differ in repeat orders and age, and each row's kind: given alive, the last order tells no more."""
    same = Histories(histories.repeat_orders, np.zeros(len(histories)), histories.age, histories.weight)
    _, place = same.distinct()
    first = np.zeros(int(place.max(initial=-1)) + 1, dtype=np.int64)
    first[place] = np.arange(len(place))
    return first, place


def stays(parameters: Parameters, histories: Histories, time: float) -> Floats:
    """(n,) P(still a customer `time` from now | still one now)."""
    return np.asarray(np.exp(-parameters.s * np.log1p(time / (parameters.beta + histories.age))))


def remaining_lifetime(
    parameters: Parameters, histories: Histories, alive: Floats, *, probability: float, horizon: float
) -> Floats:
    """(n,) time until which the customer stays with the given probability; 0 if not even now, inf beyond."""
    must_be_chance(probability)
    with np.errstate(over="ignore", divide="ignore"):
        longer = np.expm1(np.maximum(np.log(alive / probability), 0.0) / parameters.s)
    life = (parameters.beta + histories.age) * longer
    return np.asarray(np.where(life > horizon, math.inf, life))
