"""What orders are worth: the model of spend that forecast best, fitted without the amounts that stand alone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepers.clv import gamma_gamma, log_normal_spend
from keepers.clv.inference.fitting import Fit
from keepers.clv.inference.posterior import Method, Posterior
from keepers.clv.numerics.beside import side_by_side
from keepers.clv.scoring import likelier
from keepers.clv.spend import InvalidSpendError, Spend, SpendModel
from keepers.core.percent import percent
from keepers.core.told import Told
from keepers.valuation.base import Base
from keepers.valuation.choosing.origins import Origin
from keepers.warehouse.store import Store

SPEND_MODELS = {module.NAME: cast("SpendModel", module) for module in (gamma_gamma, log_normal_spend)}
PLAIN_SPEND = gamma_gamma.NAME
LEAST_SPENDERS = 3
LEAST_TO_COMPARE = 50  # customers who paid later, whom a choice between models of spend rests on
MOST_TO_COMPARE = 50_000  # customers
WORSE_MEAN = 0.05  # by so much more may the better density miss the mean before the other model is taken
HEAVY_TAIL = (
    "A few customers spend so much more than the rest that {changed} of {draws} draws of the spend model have hardly a "
    "finite mean; their tail is cut. Values of customers with few orders rest on that cut."
)


@dataclass(frozen=True, slots=True)
class SpendChoice:
    """The model of spend, why, each one's log score on later orders, and by how much its mean missed these."""

    model: str
    reason: str
    log_scores: dict[str, float]
    misses: dict[str, float]

    def as_json(self) -> dict[str, Any]:
        """What `fit.spend.choice` says."""
        return {
            "model": self.model,
            "reason": self.reason,
            "log_scores": self.log_scores,
            "mean_misses": self.misses,
        }


@dataclass(frozen=True, slots=True)
class SpendFit:
    """The model of what an order is worth, for the whole base; `warnings` beside those of fit and posterior."""

    model: SpendModel
    choice: SpendChoice
    fit: Fit[Any]
    posterior: Posterior
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The fitted parameters (maximum likelihood), what one must know to trust them, and why this model."""
        return account_of(self.fit, self.posterior) | {"choice": self.choice.as_json()}


@dataclass(frozen=True, slots=True)
class SpendKnown:
    """What a model of spend is chosen by and fitted to.

    spend: of everybody whose amounts do not stand alone
    choice: the model where nothing has to be compared; else an earlier date, and what all had spent by then and later
    """

    base: Base
    spend: Spend
    choice: SpendChoice | tuple[Origin, pa.Table]


def read_spend(store: Store, base: Base, *, asked: str, origins: Sequence[Origin]) -> SpendKnown | None:
    """What the model of spend is learned from; None where too few customers ever paid anything.

    Args:
        store: holds the lines; nothing after the base's date is read.
        base: whom to learn from.
        asked: a model's name, or auto.
        origins: earlier dates, the latest first, on which models can be compared.
    """
    if not base.has_money:
        return None
    spend = base.spend().at(np.flatnonzero(~base.stray))
    if min(spend.usable().customers, _paying(spend)) < LEAST_SPENDERS:
        return None
    if (choice := _chosen(asked, spend, origins)) is not None:
        return SpendKnown(base, spend, choice)
    latest = origins[0]
    rows = store.query("spend_at", origin=latest.start, until=latest.end, as_of=base.as_of)
    return SpendKnown(base, spend, (latest, rows))


def fit_spend(
    known: SpendKnown,
    *,
    currency: str | None,
    draws: int,
    generator: np.random.Generator,
    method: Method = "auto",
) -> SpendFit:
    """Choose and fit the model of spend.

    Args:
        known: what it is learned from.
        currency: of the amounts that a warning names.
        draws: of the posterior.
        generator: source of randomness.
        method: of the posterior.
    """
    base, spend = known.base, known.spend
    choice = known.choice if isinstance(known.choice, SpendChoice) else _compared(base, *known.choice)
    model = SPEND_MODELS[choice.model]
    fit = model.fit(spend)
    found = model.posterior(fit, spend, draws=draws, generator=generator, method=method)
    # draws come in the order of their widest direction, as those of the purchases do: paired so they would go together
    shuffled = found.parameters[generator.permutation(draws)]
    lighter = model.with_finite_means(shuffled)
    changed = int((lighter != shuffled).any(axis=1).sum())
    heavy = changed > 0 and fit.parameters.q > 1
    told = (HEAVY_TAIL.format(changed=changed, draws=draws),) if heavy else ()
    return SpendFit(model, choice, fit, replace(found, parameters=lighter), (*told, *_strays_in_words(base, currency)))


def account_of(fit: Fit[Any], posterior: Posterior) -> dict[str, Any]:
    """The fitted parameters (maximum likelihood) and what one must know to trust them."""
    return {
        "model": fit.model,
        "params": {name: value for name, value in asdict(fit.parameters).items() if value is not None},
        "log_likelihood": fit.log_likelihood,
        "converged": fit.converged,
        "posterior": {
            "method": posterior.method,
            "draws": len(posterior.parameters),
            "k_hat": posterior.k_hat,
            "effective_sample_size": posterior.effective_sample_size,
        },
    }


def _paying(spend: Spend) -> float:
    return 0.0 if spend.logs is None else float(spend.weight @ (spend.logs.paid_orders > 0))


def _chosen(asked: str, spend: Spend, origins: Sequence[Origin]) -> SpendChoice | None:
    """Without a comparison, where one model is asked for, only one can tell anything, or there is no earlier date."""
    if asked != "auto":
        return SpendChoice(asked, f"{asked} was asked for.", {}, {})
    if spend.logs is None or int(spend.logs.paid_orders.max()) < 2:
        return SpendChoice(PLAIN_SPEND, f"{PLAIN_SPEND}: nobody paid twice, so models cannot be compared.", {}, {})
    if not origins:
        why = f"{PLAIN_SPEND}: the history is too short to compare models of spend on it."
        return SpendChoice(PLAIN_SPEND, why, {}, {})
    return None


def _compared(base: Base, latest: Origin, rows: pa.Table) -> SpendChoice:
    """The model whose log score on what later orders were worth is higher, unless its mean is clearly the worse."""
    earlier, later, occasions = _before_and_after(_thinned(_without_strays(rows, base)))
    paying = int((later.orders > 0).sum())
    if paying < LEAST_TO_COMPARE:
        why = (
            f"{PLAIN_SPEND}: only {paying} customers paid after {latest.start:%-d %b %Y}, too few to compare models on."
        )
        return SpendChoice(PLAIN_SPEND, why, {}, {})
    tried = side_by_side([partial(_tried, model, earlier, later, occasions) for model in SPEND_MODELS.values()])
    told = {name: each for name, each in zip(SPEND_MODELS, tried, strict=True) if np.isfinite(each).all()}
    scores = {name: density / paying for name, (density, _) in told.items()}
    misses = {name: miss for name, (_, miss) in told.items()}
    if not scores:
        return SpendChoice(PLAIN_SPEND, f"{PLAIN_SPEND}: no model of spend could be fitted earlier.", {}, {})
    window = f"{latest.start:%-d %b %Y} to {latest.end:%-d %b %Y}"
    return _better(scores, misses, window)


def _tried(model: SpendModel, earlier: Spend, later: Spend, occasions: NDArray[np.float64]) -> tuple[float, float]:
    """Log density of what came later, and by how much its mean was missed; nan where the model could not be fitted."""
    try:
        parameters = model.fit(earlier).parameters
    except InvalidSpendError:
        return float("nan"), float("nan")
    density = float(model.log_density(parameters, earlier, later).sum())
    return density, _miss_of_the_mean(model, parameters, earlier, later, occasions)


def _better(scores: Mapping[str, float], misses: Mapping[str, float], window: str) -> SpendChoice:
    best = max(scores, key=lambda name: scores[name])
    others = [name for name in sorted(scores, key=lambda name: -scores[name]) if name != best]
    told = ", ".join(f"{likelier(scores[name] - scores[best])} by {name}" for name in others)
    nearest = min(misses, key=lambda name: abs(misses[name]))
    if abs(misses[best]) > abs(misses[nearest]) + WORSE_MEAN:
        by_best, by_nearest = (percent(np.expm1(misses[name]), signed=True) for name in (best, nearest))
        reason = (
            f"{nearest}: {best} told better how customers' spend from {window} scatters ({told}), but its mean "
            f"missed it by {by_best}, against {by_nearest}."
        )
        return SpendChoice(nearest, reason, dict(scores), dict(misses))
    reason = (
        f"{best} forecast best what customers' orders from {window} were worth{f': that was {told}' if told else ''}."
    )
    return SpendChoice(best, reason, dict(scores), dict(misses))


def _miss_of_the_mean(
    model: SpendModel, parameters: Any, earlier: Spend, later: Spend, occasions: NDArray[np.float64]
) -> float:
    """Logarithm of forecast ÷ actual value of all later occasions together, those worth nothing among them."""
    point = model.Parameters.from_array(model.with_finite_means(parameters.as_array()[None, :])[0])
    forecast = float((occasions * model.expected_order_value(point, earlier)).sum())
    actual = float((later.orders * later.mean_order_value).sum())
    return float(np.log(forecast / actual)) if forecast > 0 and actual > 0 else float("nan")


def _without_strays(rows: pa.Table, base: Base) -> pa.Table:
    strays = base.summary["customer_id"].take(pa.array(np.flatnonzero(base.stray)))
    if not len(strays):
        return rows
    known = set(strays.to_pylist())
    return rows.filter(pa.array([customer not in known for customer in rows["customer_id"].to_pylist()]))


def _thinned(rows: pa.Table) -> pa.Table:
    if rows.num_rows <= MOST_TO_COMPARE:
        return rows
    return rows.take(pa.array(np.linspace(0, rows.num_rows - 1, MOST_TO_COMPARE).astype(np.int64)))


def _before_and_after(rows: pa.Table) -> tuple[Spend, Spend, NDArray[np.float64]]:
    """Each customer's spend up to the origin, what was paid after it, and on how many occasions, unpaid ones too."""
    column = {
        name: np.nan_to_num(rows[name].to_numpy(zero_copy_only=False).astype(np.float64))
        for name in rows.column_names
        if name != "customer_id"
    }
    orders, paid = column["valued_orders"], np.maximum(column["paid_orders"], 1.0)
    mean_log = column["sum_logs"] / paid
    earlier = Spend.of(
        np.maximum(column["revenue"], 0.0) / np.maximum(orders, 1.0),
        orders,
        paid_orders=column["paid_orders"],
        mean_log_value=mean_log,
        var_log_value=np.maximum(column["sum_squared_logs"] / paid - mean_log**2, 0.0),
    )
    later = column["later_paid_orders"]
    return earlier, Spend.of(column["later_revenue"] / np.maximum(later, 1.0), later), column["later_valued_orders"]


def _strays_in_words(base: Base, currency: str | None) -> tuple[str, ...]:
    """Each customer whose amount stands alone, by name, with what was done and what to do."""
    places = np.flatnonzero(base.stray)
    largest, usual = base.column("largest_order_value"), base.usual_order_value
    rest = float(np.nanmax(largest[~base.stray])) if places.size else 0.0
    unit = "" if currency is None else f" {currency}"
    words = (
        "Customer %(customer)s has an order of %(amount)s, %(usual)s times the usual one and %(largest)s times the "
        "largest of anybody else: perhaps a mistyped amount. What orders are worth was learned without this customer, "
        "so nobody else's value moved; their own counts it. If it is wrong, correct the amount and run again."
    )
    return tuple(
        Told.of(
            words,
            customer=base.summary["customer_id"][int(place)].as_py(),
            amount=f"{largest[place]:,.2f}{unit}",
            usual=f"{largest[place] / usual:,.0f}",
            largest=f"{largest[place] / max(rest, 1e-300):,.0f}",
        )
        for place in places
    )
