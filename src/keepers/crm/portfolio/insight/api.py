"""Insights by the API: what the history says, as the publication's run answered it."""

from datetime import date
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import BEYOND, only, tagged
from keepers.crm.customers.queries import customer_for
from keepers.crm.lists.tables import csv_response
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.api import of_run
from keepers.crm.portfolio.insight.chapters import FIRST_VIEW, TITLES
from keepers.crm.portfolio.insight.reading import answer_read
from keepers.crm.portfolio.models import Publication, PublishedInsight
from keepers.crm.portfolio.queries import publication_of
from keepers.crm.portfolio.seen import answer_for
from keepers.insight.answers import Answer

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


class NextProductTold(Schema):
    """A product that a customer may buy within four weeks, without any offer."""

    rank: int
    product_id: str
    product_name: str | None
    proposal: str
    chance: float
    reason: str


class NextProductsTold(Schema):
    """What a customer may buy next, the likeliest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"run": "2026-08-31-1", "products": []}]})

    run: str
    as_of: date
    currency: str
    products: list[NextProductTold]


@router.get("/insights", response=InsightsTold, url_name="insights", operation_id="list-insights", summary="Insights")
@needs(Verb.SEE, Noun.INSIGHT)
def insights(request: HttpRequest) -> HttpResponse:
    """Each with its finding; those that name nobody whom the key may see are left out."""
    only(request)
    shown, user = publication_of(request), user_of(request)
    if shown is None:
        raise Http404(_("Nothing is published yet. Import orders and value the base first."))
    kept = PublishedInsight.objects.filter(publication=shown).order_by("pk")
    answers = [(each, answer_for(user, answer_read(each.answer))) for each in kept]
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
    shown, by, answer = _asked(request, name, wanted)
    told = {"name": name, "by": by, "title": str(TITLES[name])} | answer.as_json()
    return tagged(of_run(shown) | told)


@router.get(
    "/insights/{slug:name}/csv", url_name="insight-csv", operation_id="get-insight-csv",
    summary="The table of one insight as a file",
)  # fmt: skip
@needs(Verb.EXPORT, Noun.INSIGHT)
def insight_csv(request: HttpRequest, name: str, wanted: Query[InsightWanted]) -> HttpResponse:
    """Every row that the run kept."""
    only(request, InsightWanted)
    _shown, by, answer = _asked(request, name, wanted)
    file = f"{name}-{by}" if by else name
    taken_away(user_of(request), Noun.INSIGHT, at=timezone.now(), what=f"{file}.csv")
    return csv_response(answer.rows, file)


@router.get(
    "/customers/{int:pk}/next-products", response=NextProductsTold, url_name="next-products",
    operation_id="get-next-products", summary="What a customer may buy next",
)  # fmt: skip
@needs(Verb.SEE, Noun.CUSTOMERS)
def next_products(request: HttpRequest, pk: int) -> HttpResponse:
    """As the run that the pages show proposed it; nothing where its orders could not tell."""
    only(request)
    customer, shown = customer_for(user_of(request), min(pk, BEYOND)), publication_of(request)
    if shown is None:
        raise Http404(_("Nothing is published yet. Import orders and value the base first."))
    with settings.WORKSPACE.opened() as store:
        rows = store.query("record_next_products", run_id=shown.run_id, customer_id=customer.key).to_pylist()
    told = [{name: row[name] for name in NextProductTold.model_fields} for row in rows]
    return tagged(of_run(shown) | {"products": told})


def _asked(request: HttpRequest, name: str, wanted: InsightWanted) -> tuple[Publication, str, Answer]:
    by = wanted.by or FIRST_VIEW.get(name, "")
    shown = publication_of(request)
    found = PublishedInsight.objects.filter(publication=shown, name=name, by=by).first()
    answer = None if found is None else answer_for(user_of(request), answer_read(found.answer))
    if shown is None or answer is None:
        raise Http404(_("The run that the pages show has no such insight, or none that this key may see."))
    return shown, by, answer
