"""What the pages of Data and Settings show: assumptions, imports, runs."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any

from keepers.core.periods import Period, TimeUnit
from keepers.core.told import with_sentences
from keepers.crm.data import folders
from keepers.crm.data.models import AssumptionSet, ImportAct
from keepers.crm.jobs.models import Job
from keepers.crm.portfolio.models import CurrentPublication, Publication
from keepers.crm.portfolio.queries import current_publication
from keepers.loop.requests import RunRequest
from keepers.loop.workspace import imports_of, runs_kept
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.choosing.promotions import read_promotions

ASSUMED = (
    "margin", "annual_discount", "horizon", "value_cap", "unit", "currency", "model", "by", "spend", "cost_to_serve",
    "holdout",
)  # fmt: skip
NO_HOLDOUT = "none"


def current_assumptions() -> Assumptions:
    """What the next valuation takes for granted."""
    return assumptions_from(fields_of(current_set()))


def current_request(*, again: bool = False) -> RunRequest:
    """The next run of the workspace."""
    return with_promotions(request_from(fields_of(current_set()), again=again))


def with_promotions(request: RunRequest) -> RunRequest:
    """The same with the promotions that the workspace knows by date."""
    told = folders.workspace().promotions
    promotions = () if told is None else read_promotions(told)
    return replace(request, assumptions=replace(request.assumptions, promotions=promotions))


def current_set() -> AssumptionSet:
    """The newest assumptions; before anybody set any, those of the run that the pages show, else the defaults."""
    return AssumptionSet.objects.first() or _of_run_shown(current_publication())


def _of_run_shown(publication: Publication | None) -> AssumptionSet:
    if publication is None or publication.assumption("horizon") is None:
        return AssumptionSet()
    return AssumptionSet(
        margin=publication.assumption("margin"),
        annual_discount=publication.assumption("annual_discount"),
        horizon=str(Period(publication.assumption("horizon"))),
        value_cap=str(Period(publication.assumption("value_cap"))),
        unit=publication.assumption("unit"),
        currency=publication.assumption("currency") or "",
        model=publication.assumption("model"),
        by=publication.assumption("by") or [],
        spend=publication.assumption("spend") or "auto",
        cost_to_serve=publication.assumption("cost_to_serve"),
    )


def fields_of(chosen: AssumptionSet) -> dict[str, Any]:
    """The assumptions by name."""
    return {name: getattr(chosen, name) for name in ASSUMED}


def fields_asked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The assumptions that a job was asked with; the default of one that it was asked before there was."""
    return fields_of(AssumptionSet()) | {name: asked[name] for name in ASSUMED if name in asked}


def assumptions_from(fields: Mapping[str, Any]) -> Assumptions:
    """The assumptions as the valuation wants them.

    Raises:
        InvalidAssumptionError: one is out of its range.
        InvalidPeriodError: a length of time cannot be read.
    """
    return Assumptions(
        horizon=Period.parse(fields["horizon"]),
        value_cap=Period.parse(fields["value_cap"]),
        annual_discount=float(fields["annual_discount"]),
        margin=float(fields["margin"]),
        unit=TimeUnit(fields["unit"]),
        currency=fields["currency"] or None,
        model=fields["model"],
        by=tuple(fields["by"]),
        spend=fields["spend"],
        cost_to_serve=fields["cost_to_serve"],
    )


def request_from(fields: Mapping[str, Any], *, again: bool) -> RunRequest:
    """A run with these assumptions."""
    holdout = fields["holdout"]
    days = None if not holdout else 0 if holdout == NO_HOLDOUT else int(Period.parse(holdout).days)
    return RunRequest(assumptions=assumptions_from(fields), holdout_days=days, again=again)


def imports() -> list[dict[str, Any]]:
    """Every import in its newest state, the newest first, with who did what to it."""
    if not folders.workspace().exists:
        return []
    with folders.workspace().opened() as store:
        states = imports_of(store)
    acts: dict[str, list[ImportAct]] = {}
    for act in ImportAct.objects.select_related("by"):
        acts.setdefault(act.batch_id, []).append(act)
    return [_import(state, acts.get(state["batch_id"], [])) for state in reversed(states)]


def imports_among(batch_ids: Collection[str]) -> list[dict[str, Any]]:
    """Those that are named, the newest first."""
    return [each for each in imports() if each["batch_id"] in batch_ids]


def import_of(batch_id: str) -> dict[str, Any] | None:
    """One import."""
    return next((each for each in imports() if each["batch_id"] == batch_id), None)


def runs() -> list[dict[str, Any]]:
    """Every run, the newest first, with who asked for it and whether the pages show it."""
    if not folders.workspace().exists:
        return []
    with folders.workspace().opened() as store:
        rows = runs_kept(store)
    current = CurrentPublication.objects.select_related("publication").first()
    shown = "" if current is None else current.publication.run_id
    published = set(Publication.objects.filter(finished_at__isnull=False).values_list("run_id", flat=True))
    asked = {
        job.result.get("run_id"): job.asked_by
        for job in Job.objects.filter(kind=Job.Kind.RUN, state=Job.State.DONE).select_related("asked_by")
    }
    return [
        _run(row)
        | {
            "by": asked.get(row["run_id"]),
            "by_command": row["run_id"] not in asked,
            "published": row["run_id"] in published,
            "shown": row["run_id"] == shown,
        }
        for row in reversed(rows)
    ]


def run_of(run_id: str) -> dict[str, Any] | None:
    """One run."""
    return next((run for run in runs() if run["run_id"] == run_id), None)


def rates() -> list[dict[str, Any]]:
    """The currencies that can be converted, and to which: how many days have a rate, the first and the last."""
    if not folders.workspace().exists:
        return []
    with folders.workspace().opened() as store:
        kept = store.query("current_rates")
    figures = [("rated_on", "count"), ("rated_on", "min"), ("rated_on", "max")]
    grouped = kept.group_by(["currency", "converts_to"]).aggregate(figures)
    named = grouped.rename_columns(["currency", "converts_to", "days", "first", "last"])
    return sorted(named.to_pylist(), key=itemgetter("currency"))


def open_job(kind: str) -> Job | None:
    """The job of this kind that is waiting or running."""
    return Job.objects.filter(kind=kind, state__in=Job.OPEN).first()


def last_job(kind: str) -> Job | None:
    """The newest job of this kind, however it ended."""
    return Job.objects.filter(kind=kind).select_related("asked_by").first()


def _import(state: dict[str, Any], acts: list[ImportAct]) -> dict[str, Any]:
    """The state with its written parts read."""
    revenue = json.loads(state["revenue"] or "{}")
    files = json.loads(state["files"] or "[]")
    rejects = folders.workspace().rejects / f"{state['batch_id']}.parquet"
    return state | {
        "files": [file | {"name": file["path"].replace("\\", "/").rsplit("/", 1)[-1]} for file in files],
        "mapping": json.loads(state["mapping"] or "[]"),
        "revenue": [(currency, float(money)) for currency, money in revenue.items()],
        "rejects": rejects if rejects.exists() else None,
        "acts": acts,
        "landed_by": next((act for act in acts if act.act == ImportAct.Act.LANDED), None),
    }


def _run(row: dict[str, Any]) -> dict[str, Any]:
    written = ("parameters", "diagnostics", "input", "base", "backtest", "batches")
    return row | {name: with_sentences(json.loads(row[name])) if row[name] else None for name in written}
