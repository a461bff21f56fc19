"""`keepers run`: the loop on the workspace: value what the imports hold, and keep it under a run's name."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepers.cli.options import (
    AsOf,
    By,
    CostToServe,
    Currency,
    Discount,
    Holdout,
    Horizon,
    Json,
    Margin,
    Model,
    PosteriorChoice,
    PromotionsFile,
    Rates,
    SpendChoice,
    Unit,
    ValueCap,
)
from keepers.cli.reading import read_day, read_holdout, read_period
from keepers.core.periods import TimeUnit

if TYPE_CHECKING:
    from keepers.decisions.planning import Plan
    from keepers.loop.requests import RunRequest
    from keepers.loop.runs import Run
    from keepers.loop.workspace import Workspace
    from keepers.valuation.assumptions import Assumptions

Again = Annotated[bool, typer.Option("--again", help="Run even if nothing changed since the last run.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Compute and print, but keep nothing.")]


def run(
    context: typer.Context,
    as_of: AsOf = None,
    unit: Unit = TimeUnit.WEEK,
    horizon: Horizon = "52w",
    value_cap: ValueCap = "5y",
    annual_discount: Discount = 0.10,
    margin: Margin = 0.30,
    currency: Currency = None,
    rates: Rates = None,
    model: Model = "auto",
    by: By = None,
    spend: SpendChoice = "auto",
    cost_to_serve: CostToServe = None,
    posterior: PosteriorChoice = "auto",
    promotions: PromotionsFile = None,
    holdout: Holdout = None,
    again: Again = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Value every customer of the workspace, grade the forecast, keep the run and show it on the pages.

    Where the workspace is served, what is not given here is as saved in Settings.
    """
    from keepers.cli.saved import publish_to_pages, with_saved
    from keepers.cli.stories.value import tell
    from keepers.loop.requests import RunRequest
    from keepers.loop.workspace import Workspace

    workspace = Workspace.named_by(os.environ)
    asked = {"horizon": horizon, "value_cap": value_cap, "annual_discount": annual_discount, "margin": margin}
    asked |= {"unit": unit, "currency": currency, "model": model, "by": by or [], "spend": spend}
    asked |= {"cost_to_serve": cost_to_serve, "posterior": posterior, "holdout": holdout}
    chosen = with_saved(asked, context, workspace)
    request = RunRequest(
        assumptions=_assumptions(chosen, promotions or workspace.promotions),
        as_of=read_day("--as-of", as_of),
        holdout_days=read_holdout(chosen["holdout"]),
        rates=rates,
        again=again or dry_run,
    )
    found, planned = _carried_out(workspace, request, keep=not dry_run)
    published = None if dry_run else publish_to_pages(workspace)
    if as_json:
        plan = {} if planned is None else {"plan": planned.as_json()}
        typer.echo(json.dumps(found.as_json() | plan, allow_nan=False, ensure_ascii=False))
        return
    tell(found)
    kept = "Nothing was kept." if dry_run else f"Kept as run {found.run_id}. Next: keepers export values --out FILE.csv"
    for sentence in (kept, planned and planned.sentence(found.run["currency"]), published):
        if sentence is not None:
            typer.echo(sentence)


def _carried_out(workspace: "Workspace", request: "RunRequest", *, keep: bool) -> "tuple[Run, Plan | None]":
    """The run; where it is kept, with what experiments brought by now and the plan that knows it."""
    from datetime import UTC, datetime

    from keepers.cli.saved import barred
    from keepers.core.errors import NothingToDoError
    from keepers.loop.experiments.running import measure_running
    from keepers.loop.plans.kept import plan_newest_without, plan_run
    from keepers.loop.runs import compute_run, keep_run

    started_at = datetime.now(UTC)
    with workspace.opened(to_value=True) as store:
        try:
            found = compute_run(store, request, started_at=started_at, costs=workspace.costs)
        except NothingToDoError:
            if keep:  # a run that was kept by a process that died before its plan was made
                plan_newest_without(store, costs=workspace.costs, made_at=started_at, **barred(workspace))
            raise
        if not keep:
            return found, None
        keep_run(store, found)
        measure_running(store, as_of=found.as_of, measured_at=started_at)
        return found, plan_run(store, found, costs=workspace.costs, **barred(workspace))


def _assumptions(chosen: dict[str, Any], promotions: Path | None) -> "Assumptions":
    from keepers.valuation.assumptions import Assumptions
    from keepers.valuation.choosing.promotions import read_promotions

    return Assumptions(
        horizon=read_period("--horizon", chosen["horizon"]),
        value_cap=read_period("--value-cap", chosen["value_cap"]),
        annual_discount=float(chosen["annual_discount"]),
        margin=float(chosen["margin"]),
        unit=TimeUnit(chosen["unit"]),
        currency=chosen["currency"],
        model=chosen["model"],
        by=tuple(chosen["by"]),
        spend=chosen["spend"],
        cost_to_serve=chosen["cost_to_serve"],
        posterior=chosen["posterior"],
        promotions=() if promotions is None else read_promotions(promotions),
    )
