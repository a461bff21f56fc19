"""The plans of a workspace: made with each run, or again for a kept one within other limits, and kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.decisions.dismissing import Barred, Dismissed, either
from keepers.decisions.planning import Plan, make_plan
from keepers.decisions.returns import Returns, Silences, learn_returns
from keepers.decisions.standing import Standing
from keepers.decisions.terms.costs_file import usual_order
from keepers.decisions.terms.effects import ASSUMED
from keepers.decisions.terms.terms import Trial, is_told
from keepers.decisions.trying.doubting import doubt_of
from keepers.decisions.trying.exploring import Exploring
from keepers.experiments.assigning import lots_named
from keepers.experiments.verdicts import FIRST_LOOK
from keepers.loop.experiments.trials import OnTrial, begin_trials, held_elsewhere, on_trial
from keepers.loop.market.wallets import with_growth
from keepers.loop.plans.learning import Learned, learn_for_plan
from keepers.loop.plans.making import standing_of, terms_for
from keepers.loop.plans.policy_trial import tried_out
from keepers.loop.runs import Run, fit_rows
from keepers.loop.workspace import runs_kept
from keepers.valuation.kept import FitNotKeptError, fit_of_run, kept_fit
from keepers.warehouse.delta import DeltaStore, PinnedStore
from keepers.warehouse.tables import PLANS

NOTHING: Dismissed = MappingProxyType({})
NO_MONEY = "The run knows no money to weigh against cost, so there is no plan to make of it."
NO_TRIAL = (
    "No trial begins: with fewer than two customers whom it may reach is it in doubt whether an action pays, or the "
    "share is too small. What is known well is not tried any more."
)


class NoRunToPlanError(KeepersError):
    """The run that somebody wants to plan with is not kept."""


class NoTrialError(KeepersError):
    """No trial can begin: one stands, or there is nobody to draw lots for."""


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """A plan as its row of `plans` tells it.

    limits: limits that a person set
    account: as `Plan.as_json`
    before: the plan that was the latest when this one was made; None for the first
    """

    plan_id: str
    run_id: str
    limits: dict[str, float]
    account: dict[str, Any]
    before: str | None


def plan_run(
    store: DeltaStore,
    run: Run,
    *,
    costs: Path | None,
    dismissed: Dismissed = NOTHING,
    not_drawn: Dismissed = NOTHING,
    tries_out: bool = True,
) -> Plan | None:
    """Make a plan of a run, and keep its lines; None where the run has no fit or no money, so nothing can be weighed.

    What the workspace's experiments measured counts before the shipped assumptions, and the costs file before both.
    Limits that a person set for the plan before hold for this one too.

    Args:
        store: the warehouse that keeps the run.
        run: as it was computed.
        costs: the workspace's costs file, where there is one.
        dismissed: what is not to be proposed, such as what people said no to.
        not_drawn: what no trial may draw lots for beside that.
        tries_out: whether the plan tells what it would have brought the latest lots; earlier runs are planned for it.

    Raises:
        InvalidTermsError: the costs cannot be used.
        WriterBusyError: another process is writing.
    """
    if run.valuation.fit is None or run.valuation.fit.spend is None:
        return None
    kept = run.row | {"table": run.table, "fits": fit_rows(run)}
    last = latest_plan(store)
    limits = {} if last is None else last.limits
    at, barred = run.row["started_at"], Barred(dismissed=dismissed, not_drawn=not_drawn)
    plan = _made(store, run.seen, kept, costs=costs, limits=limits, barred=barred, at=at, tries_out=tries_out)
    if plan is not None:
        _keep(store, plan, run.run_id, run_id=run.run_id, made_at=at, limits=limits)
    return plan


def plan_again(
    store: DeltaStore,
    run_id: str,
    *,
    costs: Path | None,
    limits: Mapping[str, float],
    made_at: datetime,
    dismissed: Dismissed = NOTHING,
    not_drawn: Dismissed = NOTHING,
    trial: Trial | None = None,
    again: bool = True,
) -> str:
    """Make another plan of a kept run within limits that a person sets, and keep it; its name.

    Args:
        store: the warehouse that keeps the run.
        run_id: the run.
        costs: the workspace's costs file, where there is one.
        limits: limits by resource, which count before the file's; they hold for the plans of later runs too.
        made_at: when.
        dismissed: what is not to be proposed, such as what people said no to.
        not_drawn: what no trial may draw lots for beside that.
        trial: one to begin first; None: that of the costs file begins with the next run.
        again: whether the run has a plan; with its first one the trial of the costs file begins.

    Raises:
        NoRunToPlanError: there is no such run.
        NoTrialError: a trial is to begin, and one stands already, or nobody is there to draw lots for.
        NothingToDoError: the run knows no money.
        InvalidTermsError: the costs or limits cannot be used.
        WriterBusyError: another process is writing.
    """
    seen = store.pinned()
    row = next((run for run in runs_kept(seen) if run["run_id"] == run_id), None)
    if row is None:
        raise NoRunToPlanError(f'There is no run "{run_id}" to plan with. Value the base, then plan.')
    fits = seen.query("record_fits", run_id=run_id).to_pylist()
    if not any(fit["part"] == "spend" for fit in fits):
        raise NothingToDoError(NO_MONEY)
    kept = row | {"table": seen.query("values_of_run", run_id=run_id), "fits": fits}
    barred = Barred(dismissed=dismissed, not_drawn=not_drawn)
    plan = _made(store, seen, kept, costs=costs, limits=limits, barred=barred, at=made_at, again=again, trial=trial)
    if plan is None:
        raise NothingToDoError(NO_MONEY)
    plan_id = f"{run_id}-{made_at:%Y%m%dT%H%M%S}"
    _keep(store, plan, plan_id, run_id=run_id, made_at=made_at, limits=limits)
    return plan_id


def plan_newest_without(
    store: DeltaStore,
    *,
    costs: Path | None,
    made_at: datetime,
    dismissed: Dismissed = NOTHING,
    not_drawn: Dismissed = NOTHING,
) -> None:
    """Plan the newest run if a process that died left it without a plan, within the limits of the plan before."""
    newest, last = next(reversed(runs_kept(store)), None), latest_plan(store)
    if newest is None or (last is not None and last.run_id == newest["run_id"]):
        return
    limits = {} if last is None else last.limits
    try:
        plan_again(
            store, newest["run_id"], costs=costs, limits=limits, made_at=made_at, dismissed=dismissed,
            not_drawn=not_drawn, again=False,
        )  # fmt: skip
    except (FitNotKeptError, NothingToDoError):
        return  # a run without draws or money has none


def latest_plan(store: DeltaStore | PinnedStore, run_id: str | None = None) -> KeptPlan | None:
    """The plan that was made last, of all runs or of one; None where none is kept."""
    kept = store.query("plans_kept").to_pylist()
    of_run = [place for place, row in enumerate(kept) if run_id in {None, row["run_id"]}]
    if not of_run:
        return None
    row, before = kept[of_run[-1]], kept[of_run[-1] - 1]["plan_id"] if of_run[-1] else None
    account = store.query("plan_account", plan_id=row["plan_id"])["account"][0].as_py()
    return KeptPlan(row["plan_id"], row["run_id"], json.loads(row["limits"]), json.loads(account), before)


def _made(
    store: DeltaStore,
    seen: PinnedStore,
    run: Mapping[str, Any],
    *,
    costs: Path | None,
    limits: Mapping[str, float],
    barred: Barred,
    at: datetime,
    again: bool = False,
    trial: Trial | None = None,
    tries_out: bool = True,
) -> Plan | None:
    """The plan of a run's row with its `table` and `fits`; None where nobody ever paid anything.

    Whoever is on trial `at` that moment is left to the trial. Where none stands, one begins if the terms of a run's
    first plan say so, or if somebody asked for this `trial`.
    """
    assumed = json.loads(run["parameters"])["assumptions"]
    fit = kept_fit(run["fits"], parameters=run["parameters"], diagnostics=run["diagnostics"])
    customers = _with_guards_and_growth(run["table"], seen, as_of=run["as_of"])
    standing = standing_of(customers, fit, margin=assumed["margin"])
    if np.isnan(usual_order(standing.table)):
        return None
    terms, today = terms_for(standing, costs, currency=run["currency"], caps=limits), store.pinned()
    silences = _silences(seen, standing, as_of=run["as_of"])
    returns, learned = learn_returns(silences, within=standing.ahead.year), learn_for_plan(today, terms, run["as_of"])
    replan, wanted = partial(_lines_then, today, learned, returns), trial or terms.trial
    differences = learned.differences(standing, horizon=assumed["horizon"])
    trials, tried_only = _trials_on(at.date(), today, asked=trial), terms.trial.share > 0
    left, trials_next = _left_before(store, learned) if tried_only else ((), ()), tuple[str, ...]()
    if trials.until is None and wanted.share > 0:
        free, tried = _free(standing, today, barred, at.date()), replace(learned.terms, trial=wanted)
        doubt = doubt_of(
            free, tried, returns, differences,
            horizon=assumed["horizon"], fewest=FIRST_LOOK, tried_only=tried_only, anyhow=trial is not None,
        )  # fmt: skip
        if again and trial is None:
            trials_next = doubt.begun
        else:
            trials = begin_trials(store, customers["customer_id"].to_pylist(), doubt, wanted, assigned_at=at)
        if trial is not None and trials.until is None:
            raise NoTrialError(NO_TRIAL)
        left = left if trial is not None else (doubt.too_few, doubt.waiting)
    return replace(
        make_plan(
            replace(standing, dismissed=either(barred["dismissed"], trials.kept_from_plan())),
            learned.terms,
            returns,
            differences=differences,
            exploring=_exploring(run, learned.terms.exploration),
            tried_only=tried_only,
        ),
        learned=learned.told,
        on_trial=tried_out(today, learned, replan, as_of=run["as_of"]) if tries_out else {},
        too_few=_not_among(trials.actions, left[0]),
        waiting=_not_among(trials.actions, left[1]),
        trials_next=trials_next,
        trials_now=tuple(trials.actions),
    )


def _trials_on(day: date, today: PinnedStore, *, asked: Trial | None) -> OnTrial:
    """Who is on trial; nobody may ask for another one meanwhile."""
    trials = on_trial(today, day)
    if asked is not None and trials.until is not None:
        raise NoTrialError(
            f"A trial stands until {trials.until}, and whoever is on it keeps what the lot gave until then. Begin the "
            "next one after that."
        )
    return trials


def _not_among(tried: Sequence[str], left: Sequence[str]) -> tuple[str, ...]:
    return tuple(action for action in left if action not in tried)


def _left_before(store: DeltaStore, learned: Learned) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the plan before tried on nobody, as far as no more is known since: too few customers, others had them."""
    last = latest_plan(store)
    before = {} if last is None else last.account

    def still(name: str) -> tuple[str, ...]:
        evidence = ((action, learned.told.get(action, {}).get("evidence", ASSUMED)) for action in before.get(name, []))
        return tuple(each for each, rests_on in evidence if rests_on == ASSUMED and not is_told(learned.terms, each))

    return still("too_few_for"), still("waiting_for_others")


def _free(standing: Standing, today: PinnedStore, barred: Barred, day: date) -> Standing:
    """The customers, each without what no lot may give them or keep from them."""
    parts = either(barred["dismissed"], barred["not_drawn"])
    return replace(standing, dismissed=either(parts, held_elsewhere(today, day)))


def _lines_then(store: PinnedStore, learned: Learned, returns: Returns, run: Mapping[str, Any]) -> pa.Table | None:
    """The lines that today's rules give the customers of an earlier run; None where it kept no fit or knew no money."""
    try:
        fit = fit_of_run(store, run)
        assumed = json.loads(run["parameters"])["assumptions"]
        standing = standing_of(store.query("values_of_run", run_id=run["run_id"]), fit, margin=float(assumed["margin"]))
    except (FitNotKeptError, NothingToDoError):
        return None
    differences = learned.differences(standing, horizon=assumed["horizon"])
    tried_only = learned.terms.trial.share > 0
    return make_plan(standing, learned.terms, returns, differences=differences, tried_only=tried_only).table


def _exploring(run: Mapping[str, Any], share: float) -> Exploring | None:
    """Lots of the run's own for who explores and what; None where nobody is to."""
    if share <= 0:
        return None
    customers = run["table"]["customer_id"].to_pylist()
    return Exploring(share, *(lots_named(f"{run['run_id']} {what}", customers) for what in ("explores", "option")))


def _keep(
    store: DeltaStore, plan: Plan, plan_id: str, *, run_id: str, made_at: datetime, limits: Mapping[str, float]
) -> None:
    """Its lines first, so that a plan with a row is whole."""
    lines = _by_customer(plan.table)
    for place, (name, value) in enumerate({"plan_id": plan_id, "run_id": run_id}.items()):
        lines = lines.add_column(place, name, pa.array([value] * lines.num_rows, pa.string()))
    row = {
        "plan_id": plan_id,
        "run_id": run_id,
        "made_at": made_at,
        "limits": json.dumps(dict(limits)),
        "account": json.dumps(plan.as_json(), allow_nan=False),
        "draws": json.dumps(plan.steps.draws_as_json(), allow_nan=False),
    }
    with store.writing():
        store.append("plan_lines", lines, transaction=f"plan {plan_id}")
        store.append("plans", pa.Table.from_pylist([row], schema=PLANS.schema), transaction=f"plan {plan_id}")


def _by_customer(lines: pa.Table) -> pa.Table:
    """In the order of the customers, as runs have them: whoever looks one up reads a group of rows, not all."""
    names = lines["customer_id"].combine_chunks()
    in_order = pc.all(pc.less_equal(names[:-1], names[1:]), min_count=0).as_py()
    return lines if in_order else lines.sort_by("customer_id")


def _with_guards_and_growth(customers: pa.Table, seen: PinnedStore, *, as_of: date) -> pa.Table:
    """The customers with how they may grow, and what guards look at: open requests, whom somebody brought."""
    told = seen.query("guard_columns", as_of=as_of)
    place = pc.index_in(customers["customer_id"], told["customer_id"])
    for name in ("open_tickets", "referred"):
        customers = customers.append_column(name, pc.fill_null(told[name].take(place), 0))
    return with_growth(customers, seen.query("growth_columns", as_of=as_of))


def _silences(seen: PinnedStore, standing: Standing, *, as_of: date) -> Silences:
    """Every silence that an order ended, and the one of each customer that goes on."""
    ended = seen.query("ended_silences", as_of=as_of)
    counts = ended["silences"].to_numpy()
    days, before = (np.repeat(ended[name].to_numpy(), counts) for name in ("days", "orders_before"))
    going_on = standing.column("age") - standing.column("age_at_last_order")
    return Silences(
        lengths=np.concatenate([days / standing.time_unit_days, going_on]),
        ended=np.concatenate([np.ones(len(days), dtype=np.int64), np.zeros(len(going_on), dtype=np.int64)]),
        orders=np.concatenate([before, standing.column("orders")]).astype(np.int64),
        exact=True,
    )
