"""Log-normal spend: what a customer spends on one occasion, where a few spend very much or some occasions cost nothing.

The logarithms of a customer's values above zero are N(μ, σ²) with the customer's own μ, and μ varies between customers
as N(ln median, τ²). With n of them, their mean ȳ and their sum of squares S around it, and D = σ² + nτ², a customer has
the log-density

    −(n/2) ln 2π − (n − 1) ln σ − ½ ln D − S/(2σ²) − n(ȳ − ln median)²/(2D) − nȳ

An occasion is worth nothing with the customer's own chance, which varies between customers as Beta(zero_a, zero_b). All
moments exist, whatever the parameters, so that no tail has to be cut as the Gamma-Gamma's must for q ≤ 1. Like it, the
model assumes that what an occasion is worth says nothing about how often a customer comes.

Sources: Borle, Singh and Jain (2008), "Customer lifetime value measurement", for log-normal order values with a mean of
each customer's own; Searle, Casella and McCulloch (1992), "Variance Components", section 3.7 for the density; Skellam
(1948) for the beta-binomial.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from keepers.clv.histories import Floats
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.numerics.chance import Stream
from keepers.clv.spend import InvalidSpendError, Spend, logs_of
from keepers.clv.spending import log_normal_kernels, zero_values
from keepers.clv.spending.dependence import FrequencyDependence, dependence_in_words, dependence_of
from keepers.clv.spending.zero_values import zeros_of
from keepers.core.told import Told

if TYPE_CHECKING:
    from keepers.clv.model import Future
    from keepers.clv.predicting.predictive_kernels import Draws

NAME = "log-normal"
PARAMETER_NAMES = ("median_order_value", "own_spread", "between_spread", "zero_a", "zero_b")
_HALF_LOG_2PI = 0.9189385332046727
_USUAL_SPREAD = 0.7  # of log values, within and between customers of retailers; the prior is centred here and is wide
_PRIOR_SPREAD = 1.5
_LEAST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class Parameters:
    """What an occasion is worth, and how often it is worth nothing.

    median_order_value: of the usual customer's occasions above zero [money]
    own_spread: σ, spread of the logarithms of one customer's values [log money]
    between_spread: τ, spread of the customers' mean logarithms [log money]
    zero_a, zero_b: shapes of the chance that an occasion is worth nothing; zero_a is 0 where none ever was [–]
    """

    median_order_value: float
    own_spread: float
    between_spread: float
    zero_a: float = 0.0
    zero_b: float = 1.0

    def as_array(self) -> Floats:
        """(5,) in the order of the fields."""
        return np.array([self.median_order_value, self.own_spread, self.between_spread, self.zero_a, self.zero_b])

    @classmethod
    def from_array(cls, values: ArrayLike) -> Self:
        """From (5,), or (3,) where no occasion is worth nothing."""
        return cls(*(float(value) for value in np.asarray(values, dtype=np.float64)))


def log_likelihood(parameters: Parameters, spend: Spend) -> float:
    """Natural log-likelihood of every occasion, those worth nothing included, summed over customers.

    Raises:
        InvalidSpendError: the spend has no logarithms.
    """
    paid = likelihood(_paying(spend)).value(np.log(parameters.as_array()[:3]))
    if parameters.zero_a == 0.0:
        return -np.inf if zeros_of(spend).any() else paid
    return paid + zero_values.likelihood(spend).value(np.log(parameters.as_array()[3:]))


def fit(spend: Spend) -> Fit[Parameters]:
    """Maximum-likelihood parameters of the values; the shapes of the zeros under their wide prior, so that they exist.

    `log_parameters` and `hessian` are those of the first three parameters.

    Raises:
        InvalidSpendError: fewer than 3 customers ever paid, or the spend has no logarithms.
    """
    paying = _paying(spend)
    if paying.customers < 3:
        raise InvalidSpendError(
            f"Only {paying.customers:.0f} customers have an order value above zero; the spend model needs at least 3. "
            "Check the amount column, or value orders without money.",
        )
    optimum = maximise(likelihood, paying, start=_start(paying))
    parameters = Parameters.from_array([*np.exp(optimum.log_parameters), *zero_values.shapes(spend)])
    return fit_of(
        NAME,
        parameters,
        optimum,
        names=PARAMETER_NAMES[:3],
        customers=paying.customers,
        time_unit_days=1.0,
        warnings=_warnings(parameters, spend, paying),
    )


def posterior(
    fit: Fit[Parameters], spend: Spend, *, draws: int, generator: np.random.Generator, method: Method = "auto"
) -> Posterior:
    """Draws of the five parameters, under wide scale-free priors (the median in units of the data's own).

    Values and zeros tell nothing of each other, so each has draws of its own, paired at random.
    """
    paying = _paying(spend)
    prior = Prior(
        centre=np.array([_usual_log(paying), np.log(_USUAL_SPREAD), np.log(_USUAL_SPREAD)]),
        spread=np.full(3, _PRIOR_SPREAD),
        about=(("what customers spend on an order", (0, 1, 2)),),
    )
    values = sample_posterior(
        likelihood, paying, prior=prior, start=fit.log_parameters, draws=draws, generator=generator, method=method
    )
    zeros = zero_values.posterior(
        (fit.parameters.zero_a, fit.parameters.zero_b), spend, draws=draws, generator=generator, method=method
    )
    shuffled = zeros.parameters[generator.permutation(draws)]
    points = zeros.points[generator.choice(len(zeros.points), size=len(values.points), p=zeros.weights)]
    return replace(
        values,
        parameters=np.hstack([values.parameters, shuffled]),
        points=np.hstack([values.points, points]),
        k_hat=max(values.k_hat, zeros.k_hat),
        effective_sample_size=min(values.effective_sample_size, zeros.effective_sample_size),
        warnings=(*values.warnings, *zeros.warnings),
    )


def expected_order_value(parameters: Parameters, spend: Spend) -> Floats:
    """Expected value of each customer's next occasion, the chance of nothing included.

    A customer's mean logarithm is drawn towards everybody's by as much as few occasions tell; a customer without paid
    occasions gets everybody's.

    Returns:
        (n,) [money]
    """
    centre, variance, zeros, rest = _own(parameters, spend)
    paid_share = rest / np.maximum(zeros + rest, 1e-300)
    return np.asarray(paid_share * np.exp(centre + 0.5 * (variance + parameters.own_spread**2)))


def with_finite_means(draws: Floats) -> Floats:
    """The draws as they are: every mean of a log-normal is finite."""
    return draws


def draw_values(
    parameters: Parameters,
    spend: Spend,
    margin: Floats,
    future: "Future",
    *,
    horizon: float,
    discount_rate: float,
    stream: Stream,
    period_value: "Draws",
    residual_value: "Draws",
) -> None:
    """Fill (replicates, n) with the discounted margins of random futures, each customer with a mean drawn for them."""
    centre, variance, zeros, rest = _own(parameters, spend)
    log_normal_kernels.values(
        future.orders,
        future.later_orders,
        future.active,
        future.later_active,
        centre,
        np.sqrt(variance),
        parameters.own_spread,
        zeros,
        rest,
        margin,
        float(discount_rate),
        float(horizon),
        stream,
        period_value,
        residual_value,
    )


def log_density(parameters: Parameters, spend: Spend, later: Spend) -> Floats:
    """(n,) log-density of what each customer's later paid occasions were worth together, given their history.

    What a model of spend is chosen by: 0 where nothing was paid later. A sum of several log-normals is taken as a
    log-normal with the sum's own mean and variance (Fenton).

    Args:
        parameters: fitted before the later occasions.
        spend: (n,) the customers' history.
        later: (n,) their later occasions with a value above zero.
    """
    centre, variance, _, _ = _own(parameters, spend)
    own = parameters.own_spread**2
    count = np.maximum(later.orders, 1).astype(np.float64)
    scatter = np.log1p(np.expm1(own) / count)
    log_total = np.log(np.where(later.orders > 0, count * later.mean_order_value, 1.0))
    off = log_total - (centre + np.log(count) + 0.5 * (own - scatter))
    spread = variance + scatter
    density = -_HALF_LOG_2PI - 0.5 * np.log(spread) - 0.5 * off**2 / spread - log_total
    return np.asarray(np.where(later.orders > 0, density, 0.0))


def simulate(parameters: Parameters, orders: ArrayLike, generator: np.random.Generator) -> Spend:
    """Draw customers with the given numbers of occasions: what these were worth under the model."""
    count = np.atleast_1d(np.asarray(orders)).astype(np.int64)
    customer = np.repeat(np.arange(len(count)), count)
    centre = np.log(parameters.median_order_value) + parameters.between_spread * generator.normal(size=len(count))
    logs = centre[customer] + parameters.own_spread * generator.normal(size=len(customer))
    share = (
        generator.beta(parameters.zero_a, parameters.zero_b, len(count)) if parameters.zero_a else np.zeros(len(count))
    )
    paid = (generator.random(len(customer)) >= share[customer]).astype(np.float64)
    number = np.bincount(customer, paid, len(count))
    safe = np.maximum(number, 1.0)
    mean_log = np.bincount(customer, paid * logs, len(count)) / safe
    var_log = np.bincount(customer, paid * (logs - mean_log[customer]) ** 2, len(count)) / safe
    total = np.bincount(customer, paid * np.exp(logs), len(count))
    return Spend.of(
        np.where(count > 0, total / np.maximum(count, 1), np.nan),
        count,
        paid_orders=number.astype(np.int64),
        mean_log_value=mean_log,
        var_log_value=var_log,
    )


def frequency_dependence(parameters: Parameters, spend: Spend) -> FrequencyDependence:
    """Test that spend on an occasion does not go with the number of occasions (on at most 50,000 rows)."""

    def place(rows: Spend) -> Floats:
        logs = logs_of(rows)
        count = logs.paid_orders.astype(np.float64)
        spread = parameters.between_spread**2 + parameters.own_spread**2 / count
        return np.asarray(ndtr((logs.mean_log_value - np.log(parameters.median_order_value)) / np.sqrt(spread)))

    return dependence_of(_paying(spend), place)


def likelihood(spend: Spend) -> Likelihood:
    """The log-likelihood of paying customers in (ln median, ln σ, ln τ), with exact gradient and Hessian.

    Customers with equally many paid occasions share D, so that one pass leaves four sums for each of these numbers and
    an evaluation costs as many terms as there are such numbers.
    """
    logs = logs_of(spend)
    distinct, place = np.unique(logs.paid_orders, return_inverse=True)
    n = distinct.astype(np.float64)
    mass = np.bincount(place, weights=spend.weight)
    mean = np.bincount(place, weights=spend.weight * logs.mean_log_value) / mass
    apart = np.bincount(place, weights=spend.weight * (logs.mean_log_value - mean[place]) ** 2)
    within = float(spend.weight @ (logs.paid_orders * logs.var_log_value))
    constant = -float(mass @ (n * (_HALF_LOG_2PI + mean)))
    further = float(mass @ (n - 1.0))

    def parts(at: Floats) -> tuple[Floats, Floats, Floats, Floats, float, Floats]:
        own, between = np.exp(2 * at[1]), np.exp(2 * at[2])
        spread = own + n * between
        off = mean - at[0]
        square = n * (apart + mass * off**2) / spread
        return spread, own / spread, n * between / spread, square, within / own, n * mass * off / spread

    def value(at: Floats) -> float:
        spread, _, _, square, rest, _ = parts(at)
        level = further * at[1] + 0.5 * float(mass @ np.log(spread))
        return float(constant - level - 0.5 * (rest + square.sum()))

    def gradient(at: Floats) -> tuple[float, Floats]:
        _, own, between, square, rest, pull = parts(at)
        slope_own = rest - further + float(own @ (square - mass))
        return value(at), np.array([float(pull.sum()), slope_own, float(between @ (square - mass))])

    def hessian(at: Floats) -> Floats:
        spread, own, between, square, rest, pull = parts(at)
        mixed = 2 * own * between
        both = float(mixed @ (square - mass))
        curved = np.empty((3, 3))
        curved[0, 0] = -float(mass @ (n / spread))
        curved[0, 1] = curved[1, 0] = -2 * float(own @ pull)
        curved[0, 2] = curved[2, 0] = -2 * float(between @ pull)
        curved[1, 1] = -2 * rest + both - 2 * float(own**2 @ square)
        curved[2, 2] = both - 2 * float(between**2 @ square)
        curved[1, 2] = curved[2, 1] = -both - float(mixed @ square)
        return curved

    return Likelihood(value, gradient, hessian)


def _paying(spend: Spend) -> Spend:
    return spend.at(np.flatnonzero((logs_of(spend).paid_orders > 0) & (spend.weight > 0)))


def _own(parameters: Parameters, spend: Spend) -> tuple[Floats, Floats, Floats, Floats]:
    """Mean and variance of each customer's own mean logarithm, and the shapes of their own chance of nothing."""
    logs = logs_of(spend)
    paid = logs.paid_orders.astype(np.float64)
    own, between = parameters.own_spread**2, parameters.between_spread**2
    spread = own + paid * between
    everybodys = np.log(parameters.median_order_value)
    mean = np.where(logs.paid_orders > 0, logs.mean_log_value, everybodys)
    centre = everybodys + paid * between / spread * (mean - everybodys)
    nothing = parameters.zero_a + (zeros_of(spend) if parameters.zero_a else 0.0 * paid)
    return centre, own * between / spread, nothing, parameters.zero_b + paid


def _usual_log(paying: Spend) -> float:
    return float((paying.weight * logs_of(paying).mean_log_value).sum()) / paying.customers


def _start(paying: Spend) -> Floats:
    """Moments: the spread within customers who paid again, and what it leaves of the spread of the means."""
    logs, centre = logs_of(paying), _usual_log(paying)
    again = float(paying.weight @ np.maximum(logs.paid_orders - 1, 0))
    own = float(paying.weight @ (logs.paid_orders * logs.var_log_value)) / again if again > 0 else _USUAL_SPREAD**2
    whole = float(np.average((logs.mean_log_value - centre) ** 2, weights=paying.weight))
    between = whole - own * float(np.average(1.0 / logs.paid_orders, weights=paying.weight))
    spreads = np.sqrt(np.maximum([own, between], [_LEAST_SPREAD**2, max(0.05 * own, _LEAST_SPREAD**2)]))
    return np.array([centre, *np.log(spreads)])


def _warnings(parameters: Parameters, spend: Spend, paying: Spend) -> list[str]:
    told = []
    left_out = spend.customers - paying.customers
    if left_out > 0:
        words = (
            "%(left_out)s of %(customers)s customers have no order value above zero; the spend model learns what an "
            "occasion is worth from the others."
        )
        told.append(Told.of(words, left_out=f"{left_out:.0f}", customers=f"{spend.customers:.0f}"))
    if logs_of(paying).paid_orders.max() < 2:
        words = (
            "Nobody paid twice, so nothing tells how much one customer's order values vary: own_spread and "
            "between_spread rest on each other. Use the Gamma-Gamma with a stated p, or bring a longer history."
        )
        told.append(Told.of(words))
    return [*told, *dependence_in_words(frequency_dependence(parameters, paying))]
