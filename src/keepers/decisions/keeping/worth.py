"""Who is worth keeping: what each customer leaves after the cost to serve, how sure that is, and who may grow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keepers.clv.predicting.predictive import predict
from keepers.clv.spend import Spend
from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.keeping.growth import growth_of
from keepers.decisions.standing import Part, Standing
from keepers.decisions.terms.effects import Floats

REPLICATES = 8
_SEED = 26


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What customers leave after the cost of serving them, (n,) each.

    net, low, high: discounted margin to come up to the value cap, less serving them while they are customers: mean, and
        the 5 % and 95 % points of what may happen [money]
    above_cost: chance that it is above zero; nan where serving costs nothing [0–1]
    profit: margin a year so far, less what a year of serving costs [money a year]
    growable: what could bring them to what the top tenth is worth; an empty word for nobody's
    """

    net: Floats
    low: Floats
    high: Floats
    above_cost: Floats
    profit: Floats
    growable: NDArray[np.str_]


def worth_of(standing: Standing, *, cost_to_serve: float) -> Worth:
    """What each customer is worth after a cost to serve [money a year], from the draws of the run.

    Where the run was already net of the same cost its own figures are taken; otherwise futures are drawn again, with
    the margin that makes the run's mean. Amounts of one customer scatter as the spend model says.
    """
    mean, low, high = (standing.column(f"residual_value{end}") for end in ("", "_low", "_high"))
    service = cost_to_serve * standing.time_unit_days / DAYS_PER_YEAR
    above = standing.column("chance_above_cost")
    if abs(service - standing.service) > 1e-9 * max(service, standing.service):
        mean, low, high, above = _drawn_again(standing, service)
    return Worth(mean, low, high, above, _profit(standing, cost_to_serve), growth_of(standing))


def _drawn_again(standing: Standing, service: float) -> tuple[Floats, Floats, Floats, Floats]:
    found = np.full((4, standing.size), np.nan)
    generator = np.random.default_rng(_SEED)
    for part in standing.parts:
        spend, money, ahead = _spend(standing, part), standing.money, standing.ahead
        prediction = predict(
            part.model,
            part.posterior,
            part.histories,
            money.posterior,
            spend,
            horizon=ahead.year,
            value_cap=ahead.value_cap,
            discount_rate=ahead.discount_rate,
            margin=_margin(standing, part),
            intensity=money.intensity,
            drift=money.own_change,
            replicates=REPLICATES,
            generator=generator,
            spend_model=money.model,
            cost_to_serve=service,
        )
        value = prediction.residual_value
        if value is None or prediction.above_cost is None:
            raise TypeError("a standing without money has no worth")
        found[:, part.rows] = value.mean, value.low, value.high, prediction.above_cost
    return found[0], found[1], found[2], found[3]


def _spend(standing: Standing, part: Part) -> Spend:
    """Spend so far as the table tells it: the mean of all orders."""
    mean = np.maximum(np.nan_to_num(standing.column("mean_order_value")[part.rows]), 0.0)
    orders = standing.column("orders")[part.rows].astype(np.int64)
    paid = np.where(mean > 0, orders, 0)
    logs = np.log(np.where(mean > 0, mean, 1.0))
    return Spend.of(mean, orders, paid_orders=paid, mean_log_value=logs, var_log_value=np.zeros(len(mean)))


def _margin(standing: Standing, part: Part) -> Floats:
    """(m,) margin of revenue that makes the run's mean value; the stated one where it was net of another cost."""
    if standing.service > 0:
        return np.full(len(part.rows), standing.margin)
    worth, money, ahead = standing.column("residual_value")[part.rows], standing.money, standing.ahead
    plain = predict(
        part.model, part.posterior, part.histories, money.posterior, _spend(standing, part), horizon=ahead.year,
        value_cap=ahead.value_cap, discount_rate=ahead.discount_rate, intensity=money.intensity, replicates=1,
        generator=np.random.default_rng(_SEED), spend_model=money.model,
    )  # fmt: skip
    revenue = np.zeros(len(part.rows)) if plain.residual_value is None else plain.residual_value.mean
    return np.asarray(np.where(revenue > 0, worth / np.where(revenue > 0, revenue, 1.0), standing.margin))


def _profit(standing: Standing, cost_to_serve: float) -> Floats:
    """(n,) margin of all orders so far by year since the first, of which there is at least one, less serving."""
    years = np.maximum(standing.column("age") * standing.time_unit_days / DAYS_PER_YEAR, 1.0)
    revenue = standing.column("orders") * np.nan_to_num(standing.column("mean_order_value"))
    return np.asarray(standing.margin * revenue / years - cost_to_serve)
