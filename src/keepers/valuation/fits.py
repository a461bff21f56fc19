"""Fit a base: the model of orders for each segment, the model of spend, and how sure both are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from keepers.clv.calendars.learning import Learned
from keepers.clv.calendars.models import with_calendar
from keepers.clv.calendars.turns import LEAST_EVIDENCE
from keepers.clv.covariates import CovariateParameters, WithCovariates
from keepers.clv.drift import Drift, OwnChange
from keepers.clv.histories import Histories
from keepers.clv.inference.fitting import Fit
from keepers.clv.inference.gathered_words import of_some
from keepers.clv.inference.posterior import Method, Posterior
from keepers.clv.kinds.effects import TermEffects, effects_of
from keepers.clv.kinds.likelihood import rows_by_pattern
from keepers.clv.mixture import joined, mixture_of, shared_out
from keepers.clv.model import PurchaseModel
from keepers.clv.numerics.beside import both, side_by_side
from keepers.clv.pauses import with_pauses
from keepers.core.periods import unit_of
from keepers.core.told import Told
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.base import Base
from keepers.valuation.choosing.origins import Origin, rolling_origins
from keepers.valuation.choosing.promotions import Promotion, planned_words, why_not_learned
from keepers.valuation.choosing.rolling import Choice, Misses, by_model, choose_model, intensities_of
from keepers.valuation.choosing.seasons import Known, learn_calendar, no_season, read_dated_orders, why_none
from keepers.valuation.choosing.who import Who, learn_who, rate_model
from keepers.valuation.kinds import stages_of
from keepers.valuation.luck import Use, generator_for
from keepers.valuation.models import BY_NAME
from keepers.valuation.spending import LEAST_SPENDERS, SpendFit, SpendKnown, account_of, fit_spend, read_spend
from keepers.warehouse.store import Store

DRAWS = 25
RATE_STEP = 1.1
LEAST_ANSWER = 0.3  # a total that hardly answers to rates would ask for rates without bound
LEAST_SEGMENT = 200  # customers with a repeat order that each segment needs for parameters of its own
MARGINS_FROM_COSTS = "Margins come from the costs in the file"
COSTS_DECIDE = Told.of(f"{MARGINS_FROM_COSTS}, drawn towards their mean; the assumed margin is not used.")
WIDER = Told.of("The range of the total allows for what the time of year and a wandering level do in a typical shop.")
NO_BETTER = Told.of(
    "Earlier forecasts were no better under a calendar, so none is used; the total's range allows for the miss."
)
PAUSED = (
    "Of those who look gone by their silence, %(share)s %% are taken to have only paused: so it was after earlier "
    "silences."
)
SINCE, ALREADY, ALL = "acquired since", "already there", "all"


@dataclass(frozen=True, slots=True)
class ModelFit:
    """One of the models that share a segment's draws; `effects` say what it is to customers who they are.

    model: as chosen, under the calendar where there is one
    weight: its share
    stages: of a gap, where the model with covariates is MBG/CNBD-k
    """

    model: PurchaseModel
    weight: float
    fit: Fit[Any]
    posterior: Posterior
    effects: tuple[TermEffects, ...] = ()
    stages: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The fitted parameters (maximum likelihood) and what one must know to trust them."""
        fit = account_of(replace(self.fit, parameters=_own(self.fit.parameters)), self.posterior)
        if self.stages is not None:
            fit["params"] |= {"k": self.stages}
        effects = {"effects": [term.as_json() for term in self.effects]} if self.effects else {}
        return {"model_weight": self.weight, **fit, **effects}


@dataclass(frozen=True, slots=True)
class SegmentFit:
    """The models of orders for some of the customers, the heaviest first, and the draws of all of them together."""

    name: str
    members: NDArray[np.bool_]
    models: tuple[ModelFit, ...]
    posterior: Posterior

    @property
    def main(self) -> ModelFit:
        """The heaviest model, whose fitted parameters stand for single figures that no draws are needed for."""
        return self.models[0]

    def as_json(self) -> list[dict[str, Any]]:
        """Each model of the segment."""
        unit = unit_of(self.main.fit.time_unit_days).value
        whom = {"segment": self.name, "customers": int(self.members.sum()), "time_unit": unit}
        return [whom | each.as_json() for each in self.models]


@dataclass(frozen=True, slots=True)
class Kind:
    """Customers of a segment who share their parameters: all of it, or those of one pattern; (rows,) of the base."""

    model: PurchaseModel
    parameters: Any
    rows: NDArray[np.int64]
    time_unit_days: float


@dataclass(frozen=True, slots=True)
class BaseFit:
    """Everything a forecast of the base needs.

    model: as chosen, under the calendar where there is one; a mixture where several share the draws.
    learned: the calendar; None where none could be learned, or where forecasts were better without.
    promotions: that were told, past and planned
    drifts: how far people change over the history and the horizon, by model as `choice.shares`.
    total_spread: standard deviation of the logarithm of the total around its forecast.
    rate_spread: the same of everybody's rate, which gives the total that spread.
    who: what customers are told apart by; None where nothing was asked for
    intensity: (draws,) multipliers on everybody's future rate: how far totals may miss.
    own_change: multipliers on a customer's own future rate, a draw each: how far people change.
    """

    model: PurchaseModel
    choice: Choice
    who: Who | None
    segments: tuple[SegmentFit, ...]
    spend: SpendFit | None
    misses: Misses
    learned: Learned | None
    promotions: tuple[Promotion, ...]
    total_spread: float
    rate_spread: float
    drifts: tuple[Drift, ...]
    intensity: NDArray[np.float64]
    own_change: OwnChange
    warnings: tuple[str, ...]

    @property
    def main(self) -> SegmentFit:
        """The segment with the most customers."""
        return max(self.segments, key=lambda segment: int(segment.members.sum()))

    def kinds(self, segment: SegmentFit) -> Iterator[Kind]:
        """The customers of a segment by the parameters that they have in common."""
        rows, model, fit = np.flatnonzero(segment.members), segment.main.model, segment.main.fit
        if self.who is None or not isinstance(model, WithCovariates):
            yield Kind(model, fit.parameters, rows, fit.time_unit_days)
            return
        plain = cast("PurchaseModel", model.model)
        for pattern, some in rows_by_pattern(self.who.pattern[rows]):
            yield Kind(plain, model.of_pattern(fit.parameters, pattern), rows[some], fit.time_unit_days)

    def who_words(self) -> tuple[str, ...]:
        """What came of telling customers apart, in sentences; none where nothing was asked for."""
        return () if self.who is None else self.who.words(self.main.main.effects)

    def promotion_words(self) -> tuple[str, ...]:
        """What promotions that are planned will do, in sentences."""
        return tuple(planned_words(self.promotions, self.learned))

    def drift_as_json(self) -> dict[str, Any]:
        """The drift of the heaviest model, and each one's variance and by what rates are told apart."""
        by_model = {share.model: drift for share, drift in zip(self.choice.shares, self.drifts, strict=True)}
        return {
            "variance": self.drifts[0].variance,
            "days": self.drifts[0].days,
            "variances": {name: drift.variance for name, drift in by_model.items()},
            "rates": {name: drift.rates_as_json() for name, drift in by_model.items()},
        }

    def draws_as_json(self) -> dict[str, Any]:
        """The posterior draws that the intervals rest on, a row a draw; of orders by segment and model."""
        draws: dict[str, Any] = {
            segment.name: {each.fit.model: each.posterior.parameters.tolist() for each in segment.models}
            for segment in self.segments
        }
        spend = {} if self.spend is None else {"spend": self.spend.posterior.parameters.tolist()}
        return {
            **draws,
            **spend,
            "intensity": self.intensity.tolist(),
            "own_intensity": self.own_change.usual().tolist(),
        }


def fit_base(store: Store, base: Base, assumptions: Assumptions, *, horizon_days: float) -> BaseFit:
    """Choose, fit and calibrate on nothing later than the base's own date."""
    first = (np.datetime64("1970-01-01") + base.days_of("first_order").min()).astype("datetime64[D]").item()
    origins = tuple(
        rolling_origins(store, first=first, end=base.as_of, horizon_days=horizon_days, unit=assumptions.unit)
    )
    now = Known(
        base.as_of,
        base.histories(assumptions.unit).distinct()[0],
        base.settled_on,
        read_dated_orders(store, as_of=base.as_of),
        assumptions.promotions,
    )
    choice, spent = both(
        partial(choose_model, origins, now, asked=assumptions.model),
        partial(read_spend, store, base, asked=assumptions.spend, origins=origins),  # nobody else asks the store then
    )
    learned = _calendar(choice, now)
    calendar = None if learned is None else learned.calendar
    who = _who(store, base, origins, choice, assumptions)
    if who is not None and who.used:
        choice = choice.alone()
        plain = cast("PurchaseModel", rate_model(choice.model, base.histories(assumptions.unit)))
        models = [who.model(with_calendar(plain, calendar))]
    else:
        plain_models = [with_calendar(BY_NAME[share.model], calendar) for share in choice.shares]
        models = [with_pauses(model, choice.pauses.share) for model in plain_models]
    counts = shared_out([share.weight for share in choice.shares], DRAWS)
    segments, spend = _fitted(base, choice, models, counts, who, spent, assumptions)
    misses = Misses.of(choice.rehearsals, choice.pauses.share)
    spread = misses.spread(horizon_days, learned, level_unknown=why_none(now) is not None)
    rate_spread = spread / _answer_to_rates(base, who, segments, assumptions, horizon_days)
    drifts = tuple(share.drift.over(float(base.column("age").max()) + horizon_days) for share in choice.shares)
    return BaseFit(
        model=mixture_of(models),
        choice=choice,
        who=who,
        segments=segments,
        spend=spend,
        misses=misses,
        learned=learned,
        promotions=assumptions.promotions,
        total_spread=spread,
        rate_spread=rate_spread,
        intensity=by_model([partial(intensities_of, rate_spread)] * len(counts), counts),
        drifts=drifts,
        own_change=OwnChange.of(drifts, counts),
        warnings=(*_calendar_words(learned, now), *_pauses_words(choice), *_warnings(base, segments, spend)),
    )


def _who(store: Store, base: Base, origins: Sequence[Origin], choice: Choice, assumptions: Assumptions) -> Who | None:
    if not assumptions.by:
        return None
    return learn_who(store, base, origins, by=assumptions.by, model=choice.model, unit=assumptions.unit)


def _calendar(choice: Choice, now: Known) -> Learned | None:
    """The calendar where it forecast better, or where it is new and the weeks themselves tell of a season."""
    if not choice.calendar and not choice.season_untested:
        return None
    learned = learn_calendar(now, BY_NAME[choice.model])
    if learned is None or choice.calendar or now.promotions or learned.evidence >= LEAST_EVIDENCE:
        return learned
    return None


def _calendar_words(learned: Learned | None, now: Known) -> Iterator[str]:
    """Why there is no calendar, or what it leaves out."""
    why = why_none(now)
    yield from why_not_learned(now.promotions, why, learned)
    if why is not None:
        yield Told.of("%(why)s %(wider)s", why=why, wider=WIDER)
    elif learned is not None and not learned.has_season:
        yield Told.of("The calendar has a level and no season: %(why)s", why=no_season(now))
    elif learned is None:
        yield NO_BETTER


def _pauses_words(choice: Choice) -> Iterator[str]:
    if choice.pauses.share > 0:
        yield Told.of(PAUSED, share=f"{100 * choice.pauses.share:.0f}")


def _fitted(
    base: Base,
    choice: Choice,
    models: Sequence[PurchaseModel],
    counts: Sequence[int],
    who: Who | None,
    spent: SpendKnown | None,
    assumptions: Assumptions,
) -> tuple[tuple[SegmentFit, ...], SpendFit | None]:
    """Each model of each segment, and the model of spend: side by side, with random numbers of their own."""
    histories = base.histories(assumptions.unit)
    histories = histories if who is None else who.histories(histories)
    segments, method = _segments(base), assumptions.posterior
    spend_luck, *luck = generator_for(Use.FITS_AND_FUTURES, assumptions.seed).spawn(1 + len(segments) * len(models))
    works: list[Callable[[], Any]] = []
    for _, members in segments:
        distinct, _ = histories.where(members).distinct()
        for model, share, draws in zip(models, choice.shares, counts, strict=True):
            fit = partial(_fit_model, model, share.weight, distinct)
            works.append(partial(fit, draws=draws, generator=luck[len(works)], method=method))
    if spent is not None:
        fit_spent = partial(fit_spend, spent, currency=assumptions.currency)
        works.append(partial(fit_spent, draws=DRAWS, generator=spend_luck, method=method))
    fits = side_by_side(works)
    spend = None if spent is None else fits.pop()
    found = []
    for (name, members), start in zip(segments, range(0, len(fits), len(models)), strict=True):
        fitted = tuple(fits[start : start + len(models)])
        found.append(SegmentFit(name, members, fitted, joined([each.posterior for each in fitted])))
    return tuple(found), spend


def _fit_model(
    model: PurchaseModel,
    weight: float,
    distinct: Histories,
    *,
    draws: int,
    generator: np.random.Generator,
    method: Method,
) -> ModelFit:
    fit = model.fit(distinct)
    posterior = model.posterior(fit, distinct, draws=draws, generator=generator, method=method)
    effects = effects_of(model, fit, posterior, distinct) if isinstance(model, WithCovariates) else ()
    return ModelFit(model, weight, fit, posterior, effects, stages_of(model))


def _answer_to_rates(
    base: Base, who: Who | None, segments: Sequence[SegmentFit], assumptions: Assumptions, horizon_days: float
) -> float:
    """The power of everybody's rate by which the total of orders grows.

    1 where people leave in their own time; less where each order is an occasion to leave.
    """
    histories = base.histories(assumptions.unit)
    histories = histories if who is None else who.histories(histories)
    horizon, totals = horizon_days / assumptions.unit.days, np.zeros(2)
    for segment in segments:
        distinct, _ = histories.where(segment.members).distinct()
        for side, boost in enumerate((1 / RATE_STEP, RATE_STEP)):
            for each in segment.models:
                orders = each.model.expected_orders(each.fit.parameters, distinct, horizon=horizon, intensity=boost)
                totals[side] += each.weight * float((distinct.weight * orders).sum())
    if not totals[0] > 0:
        return 1.0
    return float(np.clip(np.log(totals[1] / totals[0]) / (2 * np.log(RATE_STEP)), LEAST_ANSWER, 1.0))


def _segments(base: Base) -> Sequence[tuple[str, NDArray[np.bool_]]]:
    """Those already there apart from those acquired since, where both are many enough to tell."""
    already = base.truncation.already_there
    repeating = base.column("repeat_orders") > 0
    if min((already & repeating).sum(), (~already & repeating).sum()) < LEAST_SEGMENT:
        return ((ALL, np.ones(base.size, dtype=np.bool_)),)
    return ((SINCE, ~already), (ALREADY, already))


def _warnings(base: Base, segments: Sequence[SegmentFit], spend: SpendFit | None) -> Iterator[str]:
    if base.truncation.found:
        yield base.truncation.warning()
    for segment in segments:
        told = [sentence for each in segment.models for sentence in (*each.fit.warnings, *each.posterior.warnings)]
        for warning in dict.fromkeys(told):
            yield warning if segment.name == ALL else of_some(segment.name, warning)
    if base.has_costs:
        yield COSTS_DECIDE
    if spend is not None:
        yield from (*spend.fit.warnings, *spend.posterior.warnings, *spend.warnings)
    elif base.has_money:
        yield Told.of(
            "Fewer than %(least)s customers have an order value above zero, so there are orders but no values. Check "
            "which column was taken for the amount.",
            least=LEAST_SPENDERS,
        )
    days = float(base.column("age").max())
    if days < 90:
        words = "The history spans only %(days)s days; how many customers leave can hardly be told from it."
        yield Told.of(words, days=f"{days:.0f}")


def _own(parameters: Any) -> Any:
    """The model's own parameters, without those of covariates."""
    return parameters.base if isinstance(parameters, CovariateParameters) else parameters
