"""The pages of Plan: what it says step by step, who moved, and the customers of a step, on pages and as a file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.lists.columns import Column, fetched
from keepers.crm.lists.exports import csv_streamed
from keepers.crm.lists.heads import Head, head_of
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import MAY_BE_GONE, Publication, PublishedPlan
from keepers.crm.portfolio.plan.budget_views import budgeting_of, under_way
from keepers.crm.portfolio.plan.mailings import mailings_of
from keepers.crm.portfolio.plan.moves import Move, moves_seen, people_who_stayed
from keepers.crm.portfolio.plan.queries import plan_shown, steps_seen, together
from keepers.crm.portfolio.plan.sorting import InOrder, lines_in_order
from keepers.crm.portfolio.plan.tried import tried_out
from keepers.crm.portfolio.plan.words import care_in, exposed, left_out, on_trial, trials_next, waiting
from keepers.crm.portfolio.queries import publication_of, publication_shown
from keepers.crm.portfolio.seen import columns_for
from keepers.crm.portfolio.views import Cursor, publication_at

ROWS = 50
COLUMNS = (
    Column("name", _("Name"), "name", "customer.name", more=[("customer_id", "customer.key")], fetch=("customer",)),
    Column("decision", _("Decision"), "planned", "decision"),
    Column("action", _("Action"), "told", "action", more=[("level", "level")]),
    Column("cost", _("Cost"), "money", "cost"),
    Column("expected_gain", _("Gain"), "interval", "expected_gain", "expected_gain_low", "expected_gain_high"),
    Column("value_at_stake", _("Lost if they leave"), "money", "value_at_stake", order="lost"),
    Column("chance_back", _("Come back unasked"), "chance", "chance_back", order="back"),
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
        "tried": tried_out(shown) if sees_all(user, Noun.CUSTOMERS) else [],
        "exposed": exposed(shown) if sees_all(user, Noun.CUSTOMERS) else None,
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
    found = lines_in_order(user_of(request), shown, asked, request.GET.get("sort", ""))
    page = found.page(size=ROWS, after=_step(request, shown, after), before=_step(request, shown, before))
    step = asked | found.step
    columns = columns_for(user_of(request), _columns_of(step))
    here = asked | {"sort": found.sort}
    context = {
        "publication": publication,
        "plan": shown,
        "step": step,
        "columns": columns,
        "heads": list(_heads(columns, found, asked)),
        "sorted": found.sort,
        "tells_back": any(column.name == "chance_back" for column in columns),
        "rows": list(fetched(columns, page.rows)),
        "most": max((line.expected_gain_high or 0 for line in page.rows), default=0),
        "previous": _beside(publication, shown, here, "before", page.before),
        "next": _beside(publication, shown, here, "after", page.after),
        "file": _address("plan_csv", here | {"run": publication.run_id}),
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
    lines = lines_in_order(user, shown, _asked(request), request.GET.get("sort", ""), Verb.EXPORT)
    columns = columns_for(user, COLUMNS)
    name = f"plan-{publication.as_of:%Y-%m-%d}.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)
    return csv_streamed(columns, fetched(columns, lines.rows()), name)


def _step(request: HttpRequest, shown: PublishedPlan, cursor: Cursor | None) -> int | None:
    """The step of the list that a cursor names; from the beginning where it is of another plan."""
    is_of_it = cursor is not None and request.GET.get("plan") == str(shown.pk)
    return cursor.step if cursor and is_of_it else None


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in ("decision", "action", "was")}


def _columns_of(asked: Mapping[str, str]) -> list[Column]:
    """The columns of a page: without what is the same in each row, or does not bear on what is decided."""
    left = {name for name, text in asked.items() if text}
    if asked["decision"] not in MAY_BE_GONE:
        left.add("chance_back")
    return [column for column in COLUMNS if column.name not in left]


def _heads(columns: Iterable[Column], found: InOrder, asked: Mapping[str, str]) -> Iterator[Head]:
    for column in columns:
        shown = column if found.step else replace(column, order="")
        yield head_of(shown, found.sort, lambda order: _address("plan_customers", {**asked, "sort": order}))


def _moved(move: Move) -> dict[str, str]:
    """What the address of those who moved asks for; of customers whom only one plan knows there is no list."""
    return {"decision": move.now, "was": move.before} if move.before else {}


def _beside(
    publication: Publication, shown: PublishedPlan, asked: Mapping[str, str], side: str, step: int | None
) -> str | None:
    """The address of the page before or after this one."""
    if step is None:
        return None
    place = f"{publication.pk}.{step}"
    return _address("plan_customers", {**asked, "plan": str(shown.pk), side: place})


def _address(name: str, query: Mapping[str, str]) -> str:
    told = urlencode({part: text for part, text in query.items() if text})
    return f"{reverse(name)}?{told}" if told else reverse(name)
