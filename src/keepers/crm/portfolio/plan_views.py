"""The pages of Plan: what it says step by step, and the customers of a step, on pages and as a file."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.lists.columns import Column, fetched
from keepers.crm.lists.exports import as_csv
from keepers.crm.lists.keyset import keyset_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import PlanLine, Publication
from keepers.crm.portfolio.plan import lines_seen, steps_seen, together
from keepers.crm.portfolio.queries import publication_of, publication_shown
from keepers.crm.portfolio.seen import columns_for
from keepers.crm.portfolio.views import Cursor, publication_at

ROWS = 50
ROWS_AT_ONCE = 2_000
COLUMNS = (
    Column("name", _("Name"), "name", "customer.name", more=[("customer_id", "customer.key")], fetch=("customer",)),
    Column("decision", _("Decision"), "text", "decision"),
    Column("action", _("Action"), "text", "action"),
    Column("level", _("Level"), "text", "level"),
    Column("cost", _("Cost"), "money", "cost"),
    Column("expected_gain", _("Gain"), "interval", "expected_gain", "expected_gain_low", "expected_gain_high"),
    Column("evidence", _("Rests on"), "text", "evidence"),
    Column("reason", _("Why"), "text", "reason"),
)


@needs(Verb.SEE, Noun.CUSTOMERS)
def plan(request: HttpRequest) -> HttpResponse:
    """What the plan says, a row a step."""
    publication = publication_of(request)
    steps = steps_seen(user_of(request), publication) if publication else []
    rows = [(step, _address("plan_customers", {"decision": step.decision, "action": step.action})) for step in steps]
    context = {"publication": publication, "rows": rows, "spent": together(steps)}
    return render(request, "portfolio/plan.html", context)


@needs(Verb.SEE, Noun.CUSTOMERS)
def plan_customers(request: HttpRequest) -> HttpResponse:
    """The customers of a step, those with whom most is gained first; of the whole plan where none is named."""
    after, before = (Cursor.read(request.GET.get(side, "")) for side in ("after", "before"))
    publication = publication_at(request, after or before)
    asked = _asked(request)
    if publication is None:
        return render(request, "portfolio/plan_customers.html", {"publication": None, "step": asked})
    found = lines_seen(user_of(request), publication, decision=asked["decision"], action=asked["action"])
    start, end = _line(publication, after), _line(publication, before)
    page = keyset_page(found, field="pk", descending=False, size=ROWS, after=start, before=end)
    columns = columns_for(user_of(request), [each for each in COLUMNS if not asked.get(each.name)])
    context = {
        "publication": publication,
        "step": asked,
        "columns": columns,
        "rows": list(fetched(columns, page.rows)),
        "most": max((line.expected_gain_high or 0 for line in page.rows), default=0),
        "previous": _beside(publication, asked, "before", page.before),
        "next": _beside(publication, asked, "after", page.after),
        "file": _address("plan_csv", asked | {"run": publication.run_id}),
    }
    return render(request, "portfolio/plan_customers.html", context)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def plan_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The customers of a step, or of the whole plan, as a file."""
    publication = publication_shown(request, request.GET.get("run", ""))
    if publication is None:
        raise Http404("Nothing is published yet.")
    user = user_of(request)
    asked = _asked(request)
    lines = lines_seen(user, publication, decision=asked["decision"], action=asked["action"], verb=Verb.EXPORT)
    columns = columns_for(user, COLUMNS)
    name = f"plan-{publication.as_of:%Y-%m-%d}.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)
    pieces = as_csv(columns, fetched(columns, lines.order_by("pk").iterator(ROWS_AT_ONCE)))
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _line(publication: Publication, cursor: Cursor | None) -> int | None:
    """The line that a cursor names, if it is of this publication."""
    return PlanLine.number(publication.pk, cursor.step) if cursor and cursor.publication == publication.pk else None


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in ("decision", "action")}


def _beside(publication: Publication, asked: Mapping[str, str], side: str, line: int | None) -> str | None:
    """The address of the page before or after this one."""
    place = None if line is None else f"{publication.pk}.{line - PlanLine.number(publication.pk, 0)}"
    return None if place is None else _address("plan_customers", {**asked, side: place})


def _address(name: str, query: Mapping[str, str]) -> str:
    told = urlencode({part: text for part, text in query.items() if text})
    return f"{reverse(name)}?{told}" if told else reverse(name)
