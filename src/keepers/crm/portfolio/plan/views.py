"""The pages of Plan: what it says step by step, who moved, and the customers of a step, on pages and as a file."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.lists.columns import Column, fetched
from keepers.crm.lists.exports import csv_streamed
from keepers.crm.lists.keyset import keyset_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import PlanLine, Publication, PublishedPlan
from keepers.crm.portfolio.plan.budget_views import budgeting_of, under_way
from keepers.crm.portfolio.plan.mailings import mailings_of
from keepers.crm.portfolio.plan.moves import Move, moves_seen, people_who_stayed
from keepers.crm.portfolio.plan.queries import lines_seen, plan_shown, steps_seen, together
from keepers.crm.portfolio.plan.words import care_in, left_out, on_trial, trials_next, waiting
from keepers.crm.portfolio.queries import publication_of, publication_shown
from keepers.crm.portfolio.seen import columns_for
from keepers.crm.portfolio.views import Cursor, publication_at

ROWS = 50
ROWS_AT_ONCE = 2_000
COLUMNS = (
    Column("name", _("Name"), "name", "customer.name", more=[("customer_id", "customer.key")], fetch=("customer",)),
    Column("decision", _("Decision"), "planned", "decision"),
    Column("action", _("Action"), "told", "action", more=[("level", "level")]),
    Column("cost", _("Cost"), "money", "cost"),
    Column("expected_gain", _("Gain"), "interval", "expected_gain", "expected_gain_low", "expected_gain_high"),
    Column("evidence", _("Rests on"), "planned", "evidence"),
    Column("reason", _("Why"), "told", "reason"),
)


@needs(Verb.SEE, Noun.CUSTOMERS)
def plan(request: HttpRequest) -> HttpResponse:
    """What the plan says, a row a step; htmx asks for what another budget would add."""
    publication, user = publication_of(request), user_of(request)
    shown = plan_shown(publication)
    if publication is None or shown is None:
        return render(request, "portfolio/plan.html", {"publication": publication, **under_way()})
    budgeting = budgeting_of(request, publication, shown)
    if request.htmx.target == "plan-answer":  # type: ignore[attr-defined]  # django-htmx adds it
        return render(request, "portfolio/_plan_answer.html", {"publication": publication, "plan": shown, **budgeting})
    steps = steps_seen(user, shown)
    rows = [(step, _address("plan_customers", {"decision": step.decision, "action": step.action})) for step in steps]
    moves = [(move, _address("plan_customers", _moved(move))) for move in moves_seen(user, shown)]
    context = {
        "publication": publication,
        "plan": shown,
        "rows": rows,
        "spent": together(steps),
        "on_trial": on_trial(publication),
        "moves": moves,
        "stayed": people_who_stayed(shown) if sees_all(user, Noun.CUSTOMERS) else 0,
        "has_mailings": bool(mailings_of(shown)),
        "care": care_in(step.action for step in steps),
        "left_out": left_out(shown),
        "waiting": waiting(shown),
        "trials_next": trials_next(shown),
    }
    return render(request, "portfolio/plan.html", context | budgeting | under_way())


@needs(Verb.SEE, Noun.CUSTOMERS)
def plan_customers(request: HttpRequest) -> HttpResponse:
    """The customers of a step, those with whom most is gained first; of the whole plan where none is named."""
    after, before = (Cursor.read(request.GET.get(side, "")) for side in ("after", "before"))
    publication = publication_at(request, after or before)
    shown, asked = plan_shown(publication), _asked(request)
    if publication is None or shown is None:
        return render(request, "portfolio/plan_customers.html", {"publication": publication, "step": asked})
    found = _lines(user_of(request), shown, asked, Verb.SEE)
    start, end = _line(request, shown, after), _line(request, shown, before)
    page = keyset_page(found, field="pk", descending=False, size=ROWS, after=start, before=end)
    columns = columns_for(user_of(request), [each for each in COLUMNS if not asked.get(each.name)])
    context = {
        "publication": publication,
        "plan": shown,
        "step": asked,
        "columns": columns,
        "rows": list(fetched(columns, page.rows)),
        "most": max((line.expected_gain_high or 0 for line in page.rows), default=0),
        "previous": _beside(publication, shown, asked, "before", page.before),
        "next": _beside(publication, shown, asked, "after", page.after),
        "file": _address("plan_csv", asked | {"run": publication.run_id}),
    }
    return render(request, "portfolio/plan_customers.html", context)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def plan_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The customers of a step, or of the whole plan, as a file."""
    publication = publication_shown(request, request.GET.get("run", ""))
    if publication is None:
        raise Http404("Nothing is published yet.")
    user, shown = user_of(request), plan_shown(publication)
    if shown is None:
        raise Http404("The run has no plan.")
    lines = _lines(user, shown, _asked(request), Verb.EXPORT)
    columns = columns_for(user, COLUMNS)
    name = f"plan-{publication.as_of:%Y-%m-%d}.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)
    return csv_streamed(columns, fetched(columns, lines.order_by("pk").iterator(ROWS_AT_ONCE)), name)


def _line(request: HttpRequest, shown: PublishedPlan, cursor: Cursor | None) -> int | None:
    """The line that a cursor names; from the beginning where it is of another plan."""
    is_of_it = cursor is not None and request.GET.get("plan") == str(shown.pk)
    return PlanLine.number_in(shown.pk, cursor.step) if cursor and is_of_it else None


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in ("decision", "action", "was")}


def _lines(user: User, shown: PublishedPlan, asked: Mapping[str, str], verb: Verb) -> QuerySet[PlanLine]:
    step = {name: asked[name] for name in ("decision", "action")}
    return lines_seen(user, shown, verb=verb, moved_from=asked["was"], **step)


def _moved(move: Move) -> dict[str, str]:
    """What the address of those who moved asks for; of customers whom only one plan knows there is no list."""
    return {"decision": move.now, "was": move.before} if move.before else {}


def _beside(
    publication: Publication, shown: PublishedPlan, asked: Mapping[str, str], side: str, line: int | None
) -> str | None:
    """The address of the page before or after this one."""
    if line is None:
        return None
    place = f"{publication.pk}.{line - PlanLine.number_in(shown.pk, 0)}"
    return _address("plan_customers", {**asked, "plan": str(shown.pk), side: place})


def _address(name: str, query: Mapping[str, str]) -> str:
    told = urlencode({part: text for part, text in query.items() if text})
    return f"{reverse(name)}?{told}" if told else reverse(name)
