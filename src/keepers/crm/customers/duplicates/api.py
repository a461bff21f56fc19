"""Pairs who may be one customer, merges, and their undoing by the API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Number, Paged, only, tagged
from keepers.crm.api.resources import Resource
from keepers.crm.customers.duplicates import jobs
from keepers.crm.customers.duplicates.finding import apart
from keepers.crm.customers.duplicates.merging import MergeError, merge, preview, undo
from keepers.crm.customers.duplicates.models import Merge, Pair
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customer_for, customers_for
from keepers.crm.jobs.api import JobTold, job_told
from keepers.crm.jobs.models import Job
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["duplicates"])
PairState = Literal["open", "merged", "apart"]
MOST = 100
PAIR: dict[str, Any] = {"id": 7, "one": 1, "other": 2, "probability": 0.98, "reasons": {"email": 2, "last": 1}}


class PairsWanted(Paged):
    """Which pairs."""

    state: PairState | None = None
    least: float = Field(0, ge=0, le=1, description="probability at least")


class PairTold(Schema):
    """Two customers who may be one. Reasons: 2 the same, 1 alike, 0 different."""

    model_config = ConfigDict(json_schema_extra={"examples": [PAIR | {"state": "open"}]})

    id: int
    one: int
    other: int
    probability: float
    reasons: dict[str, int]
    state: PairState
    found_at: datetime
    decided_at: datetime | None


class Keeping(Schema):
    """Whom to keep of a pair."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"keep": 1}]})

    keep: Number = Field(description="number of the customer who stays")


class NewMerge(Schema):
    """One customer was found to be another."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kept": 1, "absorbed": 2}]})

    kept: Number
    absorbed: Number


class WantedMerge(Schema):
    """A merge to look at before it is done."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kept": 1, "absorbed": [2, 3]}]})

    kept: Number
    absorbed: list[Number] = Field(min_length=1, max_length=MOST)


class PreviewTold(Schema):
    """What a merge would do; nothing is changed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"moved": {"touches": 3}, "filled": ["phone"], "stricter": 0}]}
    )

    moved: Mapping[str, int] = Field(description="rows that would go over, by what they are")
    filled: list[str] = Field(description="fields of the kept one that would be filled")
    stricter: int = Field(description="consents that a refusal would end")


class MergeTold(Schema):
    """A merge, which can be undone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 7, "kept": 1, "absorbed": 2, "undone_at": None}]})

    id: int
    kept: int
    absorbed: int
    at: datetime
    by: str | None
    undone_at: datetime | None


class ManyMerges(Schema):
    """Which pairs are to be merged all at once."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"least": 0.98}]})

    least: float = Field(ge=0.5, le=1, description="probability at least")


class MergesOfJob(Schema):
    """Which merges are to be undone all at once."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"job": 7}]})

    job: Number = Field(description="the job that merged them")


def _pairs(user: User, verb: Verb) -> QuerySet[Pair]:
    """Pairs both of whom the user may change."""
    mine = customers_for(user, Verb.EDIT)
    return Pair.objects.filter(one__in=mine, other__in=mine).select_related("one", "other")


def _merges(user: User, verb: Verb) -> QuerySet[Merge]:
    return Merge.objects.filter(kept__in=customers_for(user, Verb.EDIT)).select_related("by")


def _tell_pair(user: User, pair: Pair) -> dict[str, Any]:
    told = {name: getattr(pair, name) for name in ("probability", "reasons", "state", "found_at", "decided_at")}
    return {"id": pair.pk, "one": pair.one_id, "other": pair.other_id, **told}


def _tell_merge(user: User, merged: Merge) -> dict[str, Any]:
    ids = {"id": merged.pk, "kept": merged.kept_id, "absorbed": merged.absorbed_id}
    by = merged.by.email if merged.by else None
    return ids | {"at": merged.at, "by": by, "undone_at": merged.undone_at}


def _narrow(user: User, found: QuerySet[Pair], wanted: PairsWanted) -> QuerySet[Pair]:
    found = found.filter(probability__gte=wanted.least)
    return found if wanted.state is None else found.filter(state=wanted.state)


def _merge_pair(request: HttpRequest, pair: Pair, given: dict[str, Any]) -> dict[str, Any]:
    user, people = user_of(request), {pair.one_id: pair.one, pair.other_id: pair.other}
    kept = people.pop(given["keep"], None)
    if kept is None:
        raise MergeError(f"Keep {pair.one_id} or {pair.other_id}: no other is of this pair.")
    return _tell_merge(user, merge(kept, list(people.values()), by=user, at=timezone.now())[0])


def _part(request: HttpRequest, pair: Pair, given: dict[str, Any]) -> None:
    apart(pair, by=user_of(request), at=timezone.now())


def _merge(request: HttpRequest, given: dict[str, Any]) -> Merge:
    user = user_of(request)
    kept, absorbed = (_mine(user, given[end]) for end in ("kept", "absorbed"))
    return merge(kept, [absorbed], by=user, at=timezone.now())[0]


def _undo(request: HttpRequest, merged: Merge, given: dict[str, Any]) -> None:
    undo(merged, by=user_of(request), at=timezone.now())


def _mine(user: User, pk: int) -> Customer:
    return customer_for(user, pk, Verb.EDIT)


pairs = Resource(router, "pair", "pairs", Noun.CUSTOMERS, PairTold, _tell_pair, _pairs)
pairs.lists(PairsWanted, _narrow)
pairs.does("merging", _merge_pair, given=Keeping, answer=MergeTold, summary="Make the two of a pair one")
pairs.does("parting", _part, summary="Say that they are not the same; nobody is asked again")

merges = Resource(router, "merge", "merges", Noun.CUSTOMERS, MergeTold, _tell_merge, _merges)
merges.lists()
merges.creates(NewMerge, _merge, verb=Verb.EDIT)
merges.does("undoing", _undo, summary="Part two customers again")


@router.post(
    "/merges/preview", response=PreviewTold, operation_id="preview-merge", url_name="preview-merge",
    summary="What a merge would do",
)  # fmt: skip
@needs(Verb.EDIT, Noun.CUSTOMERS)
def preview_merge(request: HttpRequest, given: WantedMerge) -> dict[str, Any]:
    """Nothing is changed."""
    only(request)
    user = user_of(request)
    absorbed = [_mine(user, pk) for pk in given.absorbed]
    found = preview(_mine(user, given.kept), absorbed, at=timezone.now())
    return {"moved": found.moved, "filled": found.filled, "stricter": found.stricter}


@router.post(
    "/pairs/search", response={202: JobTold}, operation_id="search-pairs", url_name="search-pairs",
    summary="Have the whole base looked through for duplicates",
)  # fmt: skip
@needs(Verb.EDIT, Noun.CUSTOMERS, everybodys=Noun.CUSTOMERS)
def search_pairs(request: HttpRequest) -> HttpResponse:
    """A job; ask for it at /jobs until it is done."""
    only(request)
    user = user_of(request)
    return tagged(job_told(user, jobs.start_looking(by=user, at=timezone.now())), status=202)


@router.post(
    "/merges/above", response={202: JobTold}, operation_id="merge-above", url_name="merge-above",
    summary="Merge every group of at least this probability",
)  # fmt: skip
@needs(Verb.DELETE, Noun.CUSTOMERS, everybodys=Noun.CUSTOMERS)
def merge_above(request: HttpRequest, given: ManyMerges) -> HttpResponse:
    """A job; ask for it at /jobs until it is done."""
    only(request)
    user = user_of(request)
    return tagged(job_told(user, jobs.start_merging(given.least, by=user, at=timezone.now())), status=202)


@router.post(
    "/merges/undoing", response={202: JobTold}, operation_id="undo-merges", url_name="undo-merges",
    summary="Undo all that a job merged",
)  # fmt: skip
@needs(Verb.DELETE, Noun.CUSTOMERS, everybodys=Noun.CUSTOMERS)
def undo_merges(request: HttpRequest, given: MergesOfJob) -> HttpResponse:
    """A job; ask for it at /jobs until it is done. The pairs wait to be decided again."""
    only(request)
    user = user_of(request)
    merging = get_object_or_404(Job, pk=given.job)
    return tagged(job_told(user, jobs.start_undoing(merging, by=user, at=timezone.now())), status=202)
