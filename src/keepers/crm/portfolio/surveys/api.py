"""Surveys of the market by the API: which are kept, and what one says."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from pydantic import ConfigDict

from keepers.crm.api.paging import Number, Page, Paged, only, page_of, tagged
from keepers.crm.people.gate import needs
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.surveys.models import Survey

router = Router(tags=["insight"])
SURVEY: dict[str, Any] = {
    "id": 1, "name": "market.csv", "brand": "Alder", "currency": "EUR", "finding": "Alder is worth €3.11 m.",
    "made_at": "2026-08-31T12:00:00Z", "studied_at": "2026-08-31T12:00:00Z",
}  # fmt: skip


class SurveyNamed(Schema):
    """A survey that is kept; until it was studied it has no finding."""

    model_config = ConfigDict(json_schema_extra={"examples": [SURVEY]})

    id: int
    name: str
    brand: str
    currency: str
    finding: str
    made_at: datetime
    studied_at: datetime | None


class SurveyTold(SurveyNamed):
    """What one says: `told` is the object of `keepers drivers --json`, `asked` what it takes for granted."""

    model_config = ConfigDict(json_schema_extra={"examples": [SURVEY | {"asked": {"years": 3}, "told": {}}]})

    asked: dict[str, Any]
    told: dict[str, Any]


@router.get("/surveys", response=Page[SurveyNamed], url_name="surveys", operation_id="list-surveys", summary="Surveys")
@needs(Verb.SEE, Noun.INSIGHT)
def surveys(request: HttpRequest, wanted: Query[Paged]) -> HttpResponse:
    """Surveys of the market with their findings."""
    only(request, Paged)
    return tagged(page_of(Survey.objects.defer("rows", "told"), _named, wanted))


@router.get(
    "/surveys/{survey_id}", response=SurveyTold, url_name="survey", operation_id="get-survey", summary="One survey"
)
@needs(Verb.SEE, Noun.INSIGHT)
def survey(request: HttpRequest, survey_id: Number) -> HttpResponse:
    """What brands are worth, why people choose, how they switch, what improving returns."""
    only(request)
    found = get_object_or_404(Survey.objects.defer("rows"), pk=survey_id)
    return tagged(_named(found) | {"asked": found.asked, "told": found.told})


def _named(survey: Survey) -> dict[str, Any]:
    plain = {name: getattr(survey, name) for name in ("name", "currency", "finding", "made_at", "studied_at")}
    return {"id": survey.pk, "brand": survey.asked["brand"]} | plain
