"""What each customer will do and be worth, with intervals, and what all of them together will.

A customer's interval is posterior predictive: a draw of the parameters, then this customer's own state given the
history, then orders, then spend, then discounted margin. It covers what the customer *does*, not a mean. Displayed
means are closed form, averaged over the draws of the parameters, so they carry no noise of simulation.

Totals are not sums of intervals: each joint draw adds up all customers under the same parameters and the same
`intensity`, and the interval is that of the sums.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from keepers.clv.drift import OwnChange
from keepers.clv.histories import Floats, Histories, Integers
from keepers.clv.inference.posterior import Posterior
from keepers.clv.mixture import members_of
from keepers.clv.model import PurchaseModel
from keepers.clv.predicting.gathering import Forecast, Gathered, Part, parts
from keepers.clv.predicting.prediction import (
    GAMMA_GAMMA,
    HIGH,
    LOW,
    Interval,
    InvalidForecastError,
    Prediction,
    PredictiveDraws,
    Spending,
    Totals,
    Window,
)
from keepers.clv.spend import Spend, SpendModel

__all__ = [
    "GAMMA_GAMMA",
    "HIGH",
    "LOW",
    "Interval",
    "InvalidForecastError",
    "Prediction",
    "PredictiveDraws",
    "Spending",
    "Totals",
    "Window",
    "draw_futures",
    "order_count_cdf",
    "order_count_chances",
    "order_count_distribution",
    "predict",
]

_ROWS_AT_ONCE = 10_000


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
    drift: OwnChange | None = None,
    replicates: int = 8,
    generator: np.random.Generator,
    spend_model: SpendModel = GAMMA_GAMMA,
    cost_to_serve: Floats | float | None = None,
    top: Floats | None = None,
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
        drift: how far customers' own future purchase rates change in each draw; nobody's where not given.
        replicates: random futures per draw of the parameters.
        generator: source of randomness; means do not depend on it.
        spend_model: the module of the spend model, the Gamma-Gamma where not given.
        cost_to_serve: what serving a customer costs as long as they are one, (n,) or one number [money per time unit];
            values are then net of it.
        top: (draws,) residual value above which a customer is among the best in that draw [money].

    Raises:
        InvalidForecastError: the value cap is shorter than the horizon, or draws or rows differ in number.
    """
    window = Window(horizon, horizon if value_cap is None else value_cap, discount_rate)
    spending = None
    if spend is not None and spend_posterior is not None:
        spending = Spending.of(spend, spend_posterior, margin=margin, model=spend_model, cost_to_serve=cost_to_serve)
    multipliers = np.ones(len(posterior.parameters)) if intensity is None else np.asarray(intensity, dtype=np.float64)
    _check(posterior, histories, spending, window, multipliers)
    forecast = Forecast(model, posterior, window, multipliers, _change(drift, model, posterior), replicates, top)
    gathered = Gathered.empty(len(histories), len(multipliers), replicates, with_values=spending is not None)
    for part in parts(histories, spending):
        gathered.take(forecast, part, generator)
    return gathered.prediction()


def draw_futures(
    model: PurchaseModel,
    posterior: Posterior,
    histories: Histories,
    spending: Spending | None = None,
    *,
    window: Window,
    intensity: Floats | None = None,
    drift: OwnChange | None = None,
    replicates: int = 8,
    generator: np.random.Generator,
) -> PredictiveDraws:
    """The draws themselves, to score values by (CRPS, PIT): all at once, so some thousands of customers a call."""
    multipliers = np.ones(len(posterior.parameters)) if intensity is None else np.asarray(intensity, dtype=np.float64)
    _check(posterior, histories, spending, window, multipliers)
    forecast = Forecast(model, posterior, window, multipliers, _change(drift, model, posterior), replicates)
    everyone = np.arange(len(histories), dtype=np.int64)
    return forecast.draws(Part(0, everyone, histories, everyone, spending), forecast.alive(histories), generator)


def order_count_distribution(
    model: PurchaseModel,
    posterior: Posterior,
    histories: Histories,
    *,
    horizon: float,
    up_to: int,
    intensity: Floats | None = None,
    drift: OwnChange | None = None,
) -> Floats:
    """(n, up_to + 1) P(0, 1 … up_to orders within the horizon), exact given each draw and averaged over the draws."""
    multipliers = np.ones(len(posterior.parameters)) if intensity is None else intensity
    distinct, inverse = histories.distinct()
    own = _change(drift, model, posterior).factors(distinct)
    pmf = np.zeros((len(distinct), up_to + 1))
    for row, factors in zip(posterior.parameters, multipliers[:, None] * own, strict=True):
        pmf += model.order_count_pmf(
            model.Parameters.from_array(row), distinct, horizon=horizon, up_to=up_to, intensity=factors
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
    drift: OwnChange | None = None,
) -> tuple[Floats, Floats]:
    """P(Y < count) and P(Y ≤ count) of each customer's own `counts` (n,), exact given each draw, averaged over them."""
    below, at = np.zeros(len(histories)), np.zeros(len(histories))
    asked = np.asarray(counts, dtype=np.int64)
    for some in _of_like_size(asked):
        pmf = order_count_distribution(
            model,
            posterior,
            histories.at(some),
            horizon=horizon,
            up_to=int(asked[some].max()),
            intensity=intensity,
            drift=drift,
        )
        reached = np.cumsum(pmf, axis=1)
        place = np.arange(len(some))
        at[some] = np.minimum(reached[place, asked[some]], 1.0)
        below[some] = np.minimum(np.maximum(at[some] - pmf[place, asked[some]], 0.0), at[some])
    return below, at


def order_count_chances(
    model: PurchaseModel,
    parameters: Any,
    histories: Histories,
    counts: Integers,
    *,
    horizon: float,
    intensity: Floats,
    alive: float | None = None,
) -> Floats:
    """(k, n) P(Y = count) of each customer's own `counts` (n,) under each of the multipliers `intensity` (k,).

    `alive` is P(alive) of everybody; the model's where not given.
    """
    chances, asked = np.empty((len(intensity), len(histories))), np.asarray(counts, dtype=np.int64)
    for some in _of_like_size(asked):
        distinct, inverse = histories.at(some).distinct()
        now = None if alive is None else np.full(len(distinct), alive)
        for row, multiplier in enumerate(intensity):
            pmf = model.order_count_pmf(
                parameters,
                distinct,
                horizon=horizon,
                up_to=int(asked[some].max()),
                intensity=float(multiplier),
                alive=now,
            )
            chances[row, some] = pmf[inverse, asked[some]]
    return chances


def _of_like_size(counts: Integers) -> Iterator[Integers]:
    """Rows whose counts are about as large, some at once: what is computed for one count is there for all below it."""
    size = np.ceil(np.log2(counts + 1.0)).astype(np.int64)
    for group in np.unique(size):
        rows = np.flatnonzero(size == group)
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            yield rows[start : start + _ROWS_AT_ONCE]


def _change(drift: OwnChange | None, model: PurchaseModel, posterior: Posterior) -> OwnChange:
    """How far customers' own rates change; nobody's where that is not given."""
    members = members_of(model, posterior)
    if drift is None:
        return OwnChange.none(members)
    if not np.array_equal(drift.members, members):
        raise InvalidForecastError(
            f"{len(drift.members)} draws of drift for {len(members)} draws of the model: give one a draw, model by "
            "model.",
        )
    return drift


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
