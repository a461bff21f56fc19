"""Insights by the API: what the history says, as the publication's run answered it."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import only, tagged
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.api import of_run
from keepers.crm.portfolio.chapters import FIRST_VIEW, TITLES
from keepers.crm.portfolio.models import PublishedInsight
from keepers.crm.portfolio.queries import publication_of
from keepers.crm.portfolio.seen import answer_for
from keepers.insight.keeping import restored

router = Router(tags=["insight"])
INSIGHT: dict[str, Any] = {"name": "retention", "by": "", "title": "Retention", "finding": "6 of 10 come back."}


class InsightWanted(Schema):
    """In which view."""

    by: str = Field("", max_length=10, description="month, quarter, year … where the insight has such views")


class InsightNamed(Schema):
    """An insight that there is."""

    model_config = ConfigDict(json_schema_extra={"examples": [INSIGHT]})

    name: str
    by: str
    title: str
    finding: str


class InsightsTold(Schema):
    """The insights of a run."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"run": "2026-08-31-1", "insights": [INSIGHT]}]})

    run: str
    as_of: date
    currency: str
    insights: list[InsightNamed]


class InsightTold(Schema):
    """One question answered; `rows` is the table behind its picture."""

    model_config = ConfigDict(json_schema_extra={"examples": [INSIGHT | {"rows": [{"age": 1, "share": 0.6}]}]})

    run: str
    as_of: date
    currency: str | None
    name: str
    by: str
    title: str
    finding: str
    definition: str
    notes: list[str]
    rows: list[dict[str, Any]]


@router.get("/insights", response=InsightsTold, url_name="insights", operation_id="list-insights", summary="Insights")
@needs(Verb.SEE, Noun.INSIGHT)
def insights(request: HttpRequest) -> HttpResponse:
    """Each with its finding; those that name nobody whom the key may see are left out."""
    only(request)
    shown, user = publication_of(request), user_of(request)
    if shown is None:
        raise Http404(_("Nothing is published yet. Import orders and value the base first."))
    kept = PublishedInsight.objects.filter(publication=shown).order_by("pk")
    answers = [(each, answer_for(user, restored(each.answer))) for each in kept]
    told = [
        {"name": each.name, "by": each.by, "title": str(TITLES[each.name]), "finding": answer.finding}
        for each, answer in answers
        if answer is not None
    ]
    return tagged(of_run(shown) | {"insights": told})


@router.get(
    "/insights/{slug:name}", response=InsightTold, url_name="insight", operation_id="get-insight", summary="One insight"
)
@needs(Verb.SEE, Noun.INSIGHT)
def insight(request: HttpRequest, name: str, wanted: Query[InsightWanted]) -> HttpResponse:
    """With its whole table."""
    only(request, InsightWanted)
    by = wanted.by or FIRST_VIEW.get(name, "")
    shown = publication_of(request)
    found = PublishedInsight.objects.filter(publication=shown, name=name, by=by).first()
    answer = None if found is None else answer_for(user_of(request), restored(found.answer))
    if shown is None or answer is None:
        raise Http404(_("The run that the pages show has no such insight, or none that this key may see."))
    told = {"name": name, "by": by, "title": str(TITLES[name])} | answer.as_json()
    return tagged(of_run(shown) | told)
