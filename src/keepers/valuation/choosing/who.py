"""Telling customers apart by who they are: reading it, trying on earlier origins whether it helps, and telling of it.

A customer is described by the first line of a sale, so that nothing later can leak into a forecast: what the order was
bought through, how it was paid, where, or when it was (the quarter of the first order: the cohort).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.clv import mbg_cnbd_k
from keepers.clv.covariates import WithCovariates
from keepers.clv.histories import Histories
from keepers.clv.inference.posterior import certain
from keepers.clv.kinds.design import Design, Groups, Numbers, Term
from keepers.clv.kinds.effects import TermEffects, no_differences, strongest
from keepers.clv.kinds.likelihood import RateModel
from keepers.clv.kinds.steady import Steady
from keepers.clv.model import PurchaseModel
from keepers.clv.predicting.predictive import order_count_cdf
from keepers.clv.scoring import SMALLEST_PROBABILITY, likelier
from keepers.core.periods import TimeUnit
from keepers.valuation.assumptions import FIRST_ORDER
from keepers.valuation.backtesting.actuals import read_actuals
from keepers.valuation.base import Base, load_base
from keepers.valuation.choosing.origins import Origin
from keepers.valuation.models import BY_NAME
from keepers.warehouse.store import Store

MOST_VALUES = 12  # of a number; more are rounded to as many bins, so that many customers are alike
MOST_ORIGINS = 2
SCORED = 8_000  # customers of each origin
WITH, WITHOUT = "with", "without"


@dataclass(frozen=True, slots=True)
class Who:
    """What customers are told apart by, and whether that forecast better.

    by: the terms that were asked for
    pattern: (n,) the row of the design that describes each customer of the base
    log_scores: mean log chance of what customers did after earlier origins, with and without [nats]; empty without any
    used: whether the base is fitted with it
    """

    by: tuple[str, ...]
    design: Design
    pattern: NDArray[np.int64]
    log_scores: dict[str, float]
    used: bool

    def model(self, model: PurchaseModel) -> PurchaseModel:
        """The model with covariates, or as it is where they are not used."""
        if not self.used:
            return model
        return cast("PurchaseModel", WithCovariates(cast("RateModel", model), self.design))

    def histories(self, histories: Histories) -> Histories:
        """The histories of the base with who each customer is."""
        return histories.described_by(self.pattern) if self.used else histories

    @property
    def told_apart_as(self) -> NDArray[np.object_] | None:
        """(n,) what each customer of the base is told apart as; None where that is not used."""
        return np.array(self.design.labels, dtype=object)[self.pattern] if self.used else None

    def words(self, effects: Sequence[TermEffects]) -> tuple[str, ...]:
        """What came of it in sentences: whether it helped, the two strongest differences, what does not differ."""
        by = " and ".join(self.by)
        if not self.design.columns:
            return (f"Customers are not told apart by {by}.", *self.design.warnings)
        if not self.used and not self.log_scores:
            return (f"Customers are not told apart by {by}: the history is too short to try whether that helps.",)
        how = likelier(self.log_scores[WITH] - self.log_scores[WITHOUT])
        if not self.used:
            tried = f"on earlier days what customers then did was {how} with it"
            return (f"Telling customers apart by {by} did not forecast clearly better ({tried}), so it is left out.",)
        said = f"Telling customers apart by {by} forecast better: on earlier days what customers then did was {how}."
        return (said, *strongest(tuple(effects)), *no_differences(tuple(effects)))

    def as_json(self) -> dict[str, Any]:
        """The terms, the scores and whether they are used."""
        return {"by": list(self.by), "used": self.used, "log_scores": self.log_scores}


def learn_who(
    store: Store, base: Base, origins: Sequence[Origin], *, by: Sequence[str], model: str, unit: TimeUnit
) -> Who:
    """Describe the base, and try on the latest origins whether the model forecasts better when it knows.

    Args:
        store: holds the order lines.
        base: as of the day to forecast from; nothing later is read.
        origins: earlier ones, latest first.
        by: names of terms: columns of `customer_terms`, or `first_order` for the quarter of the first order.
        model: name of the purchase model.
        unit: time unit of the fit.
    """
    design, pattern = _described(store, base, by)
    logs: dict[str, list[NDArray[np.float64]]] = {WITH: [], WITHOUT: []}
    plain = rate_model(model, base.histories(unit)) if design.columns and origins else None
    for origin in origins[:MOST_ORIGINS] if plain is not None else ():
        then = load_base(store, as_of=origin.start)
        known, of_whom = _described(store, then, by)
        later = read_actuals(store, then, until=origin.end).orders
        histories = then.histories(unit).without_gaps().described_by(of_whom)
        for name, each in ((WITHOUT, plain), (WITH, WithCovariates(cast("RateModel", plain), known))):
            logs[name].append(_log_chances(cast("PurchaseModel", each), histories, later, origin.days / unit.days))
    means = {name: float(np.mean([one.mean() for one in each])) for name, each in logs.items() if each}
    used = bool(means) and clearly_better(logs[WITH], logs[WITHOUT])
    return Who(tuple(by), design, pattern, means, used)


def clearly_better(logs: Sequence[NDArray[np.float64]], others: Sequence[NDArray[np.float64]]) -> bool:
    """Whether the mean gain of log chances, (customers,) an origin, is more than one standard error above none.

    The customers of one origin are mostly those of the next, so the standard error counts them once.
    """
    gains = [one - other for one, other in zip(logs, others, strict=True)]
    mean = float(np.mean([gain.mean() for gain in gains]))
    error = float(np.sqrt(np.mean([gain.var() for gain in gains]) / max(gain.size for gain in gains)))
    return mean > error


def rate_model(name: str, histories: Histories) -> RateModel:
    """The model on whose four parameters covariates can act; MBG/CNBD-k at the k of these histories."""
    if name == mbg_cnbd_k.NAME:
        return Steady(mbg_cnbd_k.fit(histories).parameters.k)
    return cast("RateModel", BY_NAME[name])


def _described(store: Store, base: Base, by: Sequence[str]) -> tuple[Design, NDArray[np.int64]]:
    found = store.query("customer_terms", as_of=base.as_of)
    place = pc.index_in(base.summary["customer_id"], value_set=found["customer_id"].combine_chunks())
    return Design.of([_term(name, base, found, place) for name in by], most_values=MOST_VALUES)


def _term(name: str, base: Base, found: pa.Table, place: pa.Array) -> Term:
    """Numbers where every known value is one and they are many; else groups."""
    if name == FIRST_ORDER:
        return Groups.of(name, _quarters(base.days_of(FIRST_ORDER)))
    labels = pc.fill_null(found[name].take(place).cast(pa.string()), "").combine_chunks().dictionary_encode()
    levels = [str(level) for level in labels.dictionary.to_pylist()]
    codes = labels.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    numbers = [_number(level) for level in levels]
    if len(levels) > MOST_VALUES and None not in numbers:
        return Numbers(name, np.array(numbers, dtype=np.float64)[codes])
    return Groups(name, codes, tuple(level or "unknown" for level in levels))


def _number(text: str) -> float | None:
    """The number that a text is; nan for none; None for anything else."""
    if not text:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _quarters(days: NDArray[np.int64]) -> NDArray[np.str_]:
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    distinct, place = np.unique(months // 3, return_inverse=True)
    return np.array([f"{1970 + quarter // 4} Q{quarter % 4 + 1}" for quarter in distinct], dtype=np.str_)[place]


def _log_chances(
    model: PurchaseModel, histories: Histories, later: NDArray[np.int64], horizon: float
) -> NDArray[np.float64]:
    """(customers,) log chance that the model gave to what each then did."""
    point = certain(model.fit(histories))
    chosen = np.unique(np.linspace(0, len(histories) - 1, min(SCORED, len(histories))).astype(np.int64))
    below, at = order_count_cdf(model, point, histories.at(chosen), later[chosen], horizon=horizon)
    logs: NDArray[np.float64] = np.log(np.maximum(at - below, SMALLEST_PROBABILITY))
    return logs
