"""Which model forecasts contracts best, and whether plans need their own curves: judged from an earlier day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from keepers.clv import beta_discrete_weibull, scoring, shifted_beta_geometric
from keepers.clv.renewals import future as contract_future
from keepers.clv.renewals.contracts import Contracts
from keepers.clv.renewals.model import ContractModel
from keepers.clv.renewals.running import Curves, renewal_count_cdf
from keepers.valuation.contracts.base import ContractBase, split_by_plan
from keepers.valuation.contracts.origins import ContractOrigin

_MODULES = (shifted_beta_geometric, beta_discrete_weibull)
BY_NAME = {module.NAME: cast("ContractModel", module) for module in _MODULES}
PLAIN_MODEL = shifted_beta_geometric.NAME
LEAST_TO_CHOOSE = 50
OLDER_SHARE = 2 / 3  # without dates, ages up to this share of the oldest are fitted to forecast the rest
WORTH_SPLITTING = 0.001  # by how much better curves for each plan must score than one for all [nats a customer]
BY_PLAN = " by plan"


@dataclass(frozen=True, slots=True)
class ContractChoice:
    """The model that forecast best from an earlier day, whether by plan, every score, and why."""

    model: str
    by_plan: bool
    log_scores: dict[str, float]
    reason: str


def choose_contract_model(base: ContractBase, origins: Sequence[ContractOrigin], asked: str) -> ContractChoice:
    """Compare the models (or the one asked for), each with one curve for all and with one for each plan."""
    names = tuple(BY_NAME) if asked == "auto" else (asked,)
    why = f"{asked} was asked for." if asked != "auto" else ""
    if origins:
        scores = _scores_from(origins[0], names)
        start, end = origins[0].base.as_of, np.datetime64(origins[0].end, "D").astype(object)
        told = f"forecast best from {start:%-d %b %Y} to {end:%-d %b %Y}"
    elif base.as_of is None and (scores := _scores_of_older_ages(base, names)):
        told = "fitted to the younger ages, forecast the older ones best"
    else:
        short = f"{PLAIN_MODEL}: the history is too short to compare models on it."
        model = PLAIN_MODEL if asked == "auto" else asked
        return ContractChoice(model, by_plan=False, log_scores={}, reason=why or short)
    best = max(scores, key=lambda name: scores[name] - WORTH_SPLITTING * name.endswith(BY_PLAN))
    others = [name for name in sorted(scores, key=lambda name: -scores[name]) if name != best]
    listed = ", ".join(f"{scoring.likelier(scores[name] - scores[best])} by {name}" for name in others)
    plans = " with a curve for each plan" if best.endswith(BY_PLAN) else ""
    model = best.removesuffix(BY_PLAN)
    reason = f"{why} " if why else ""
    if len(scores) > 1:
        reason += f"{model}{plans} {told}: what each contract then did was {listed}."
    return ContractChoice(model, by_plan=bool(plans), log_scores=scores, reason=reason.strip())


def fitted_curve(model: ContractModel, contracts: Contracts, *, up_to: int) -> Curves:
    """The maximum-likelihood curve as if it were known: for quick comparisons."""
    fit = model.fit(contracts.distinct()[0])
    return Curves.known(model.log_survival(fit.parameters, up_to=up_to))


def _scores_from(origin: ContractOrigin, names: Sequence[str]) -> dict[str, float]:
    scores = {name: _score_from(origin, BY_NAME[name]) for name in names}
    split = split_by_plan(origin.base)
    if len(split.segments) > len(origin.base.segments):
        apart = replace(origin, base=split)
        scores |= {f"{name}{BY_PLAN}": _score_from(apart, BY_NAME[name]) for name in names}
    return scores


def _score_from(origin: ContractOrigin, model: ContractModel) -> float:
    """Mean log chance that the model, fitted as of the origin, gave to what each running customer then did."""
    below, at = [], []
    for segment in origin.base.segments:
        here, coming = origin.base.coming(segment, 1.0)
        if not len(here):
            continue
        horizon = origin.horizon(segment)
        up_to = contract_future.furthest(segment.contracts, horizon)
        curves = fitted_curve(model, segment.contracts, up_to=up_to)
        one, other = renewal_count_cdf(curves, coming, origin.later[here], horizon=horizon)
        below.append(one)
        at.append(other)
    return scoring.log_score(np.concatenate(below), np.concatenate(at))


def _scores_of_older_ages(base: ContractBase, names: Sequence[str]) -> dict[str, float]:
    """Each model's log score of the older ages, fitted to the younger; empty where the ages are too few to tell."""
    contracts = base.main.contracts
    cut = int(OLDER_SHARE * contracts.renewals.max(initial=0))
    if cut < 2 or int((contracts.renewals >= cut).sum()) < LEAST_TO_CHOOSE:
        return {}
    scores = {name: _score_of_older_ages(base, BY_NAME[name], cut) for name in names}
    split = split_by_plan(base)
    if len(split.segments) > len(base.segments):
        scores |= {f"{name}{BY_PLAN}": _score_of_older_ages(split, BY_NAME[name], cut) for name in names}
    return scores


def _score_of_older_ages(base: ContractBase, model: ContractModel, cut: int) -> float:
    total, rows = 0.0, 0
    for segment in base.segments:
        all_ages = segment.contracts
        older = np.flatnonzero(all_ages.renewals >= cut)
        young = Contracts.of(np.minimum(all_ages.renewals, cut), all_ages.ended & (all_ages.renewals < cut))
        rest = Contracts.of(all_ages.renewals[older], all_ages.ended[older], renewals_at_entry=np.full(len(older), cut))
        parameters = model.fit(young.distinct()[0]).parameters
        total += float(model.log_likelihood(parameters, rest).sum())
        rows += len(older)
    return total / rows
