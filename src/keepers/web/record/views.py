"""A customer's record: who they are, what they are worth and how sure that is, what they bought, and why."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.core.periods import Period
from keepers.crm.customers.holding.asking import holds_of
from keepers.crm.customers.models import Customer
from keepers.crm.customers.profile import profile_of
from keepers.crm.customers.queries import customer_for, whom_they_became
from keepers.crm.lists.tables import csv_response
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.insight.charts import chart_response
from keepers.crm.portfolio.models import Publication
from keepers.crm.portfolio.plan.queries import line_of, plan_named
from keepers.crm.portfolio.prospects.scored import prospect_seen
from keepers.crm.portfolio.queries import publication_of, publication_shown, show, value_of
from keepers.insight.answers import Answer
from keepers.loop.insights.customer_record import ANSWERS, CustomerRecord, UnknownCustomerError, UnknownRunError
from keepers.warehouse.store import Store
from keepers.web.record.files import lines_of
from keepers.web.record.panels import missing_of, panels_of
from keepers.web.record.reading import read_beside, read_record
from keepers.web.record.timeline import timeline_of
from keepers.web.templatetags.words import NOTHING, figures

ORDERS_IN_THE_PANEL = 5
LINES_AN_ORDER = 15
ALMOST_ONE = 0.99


@dataclass(frozen=True, slots=True)
class Found:
    """A customer's record, or why there is none."""

    record: CustomerRecord | None
    why_not: str


@needs(Verb.SEE, Noun.CUSTOMERS)
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole page; htmx asks for the timeline alone. Who was merged leads to whom they became."""
    if (kept := whom_they_became(pk)) != pk:
        return redirect("customer", kept)
    customer = customer_for(user_of(request), pk)
    publication = publication_of(request)
    turning = request.headers.get("hx-target") == "timeline"
    line = None if turning else line_of(publication, customer.pk)
    with settings.WORKSPACE.opened() as store:
        found = _found(store, publication, customer, () if turning else ANSWERS)
        acts, keeping = read_beside(settings.WORKSPACE, store, customer.key, plan_named(line) if line else "")
    timeline = timeline_of(request, customer, orders=found.record.orders if found.record else (), acts=acts)
    context = _context(customer, publication, found) | timeline | {"lines_an_order": LINES_AN_ORDER}
    if turning:
        return render(request, "timeline/_timeline.html", context)
    more: dict[str, Any] = {"profile": profile_of(customer, user_of(request)), "line": line, "keeping": keeping}
    more |= {"holds": holds_of(customer.pk, timezone.localdate())}
    context |= {"prospect": prospect_seen(user_of(request), publication, customer)}
    return render(request, "web/record.html", context | more)


@needs(Verb.SEE, Noun.CUSTOMERS)
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The same in short, beside a list."""
    customer = customer_for(user_of(request), whom_they_became(pk))
    publication = publication_shown(request, request.GET.get("run", ""))
    if publication is not None:
        show(request, publication)
    with settings.WORKSPACE.opened() as store:
        found = _found(store, publication, customer, ("alive", "purchases", "products"))
    latest = found.record.orders[:ORDERS_IN_THE_PANEL] if found.record else ()
    context = _context(customer, publication, found) | {"orders": latest}
    is_part = "hx-request" in request.headers
    template = "web/_record_panel.html" if is_part else "web/record_panel.html"
    return render(request, template, context | {"is_part": is_part})


@needs(Verb.SEE, Noun.CUSTOMERS)
def chart(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One answer's picture."""
    if name not in ANSWERS:
        raise Http404(name)
    customer, run_id = customer_for(user_of(request), pk), _shown(request).run_id
    return chart_response(request, lambda: _answer(request, customer, name), run_id=run_id, key=f"customer-{pk}-{name}")


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def rows(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One answer's rows as CSV."""
    customer = customer_for(user_of(request), pk, Verb.EXPORT)
    answered = _answer(request, customer, name)
    return _taken_away(request, customer, answered.rows, f"customer-{pk}-{name}")


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def lines(request: HttpRequest, pk: int) -> HttpResponse:
    """Every line of every order as CSV."""
    customer = customer_for(user_of(request), pk, Verb.EXPORT)
    record = _record(_shown(request), customer, ())
    return _taken_away(request, customer, lines_of(record), f"customer-{pk}-orders")


def _taken_away(request: HttpRequest, customer: Customer, rows: pa.Table, name: str) -> HttpResponse:
    taken_away(user_of(request), Noun.CUSTOMERS, at=timezone.now(), what=f"{name}.csv", thing=customer)
    return csv_response(rows, name)


def _answer(request: HttpRequest, customer: Customer, name: str) -> Answer:
    record = _record(_shown(request), customer, (name,))
    if name not in record.answers:
        raise Http404(record.left_out.get(name, name))
    return record.answers[name]


def _shown(request: HttpRequest) -> Publication:
    """The publication of the page that asks for a file."""
    publication = publication_shown(request, request.GET.get("run", ""))
    if publication is None:
        raise Http404("Nothing is published yet.")
    return publication


def _record(publication: Publication, customer: Customer, answers: tuple[str, ...]) -> CustomerRecord:
    with settings.WORKSPACE.opened() as store:
        found = _found(store, publication, customer, answers)
    if found.record is None:
        raise Http404(found.why_not)
    return found.record


def _found(store: Store, publication: Publication | None, customer: Customer, answers: tuple[str, ...]) -> Found:
    if publication is None:
        return Found(None, _("Nothing is valued yet, so there are no figures of this customer."))
    try:
        return Found(read_record(settings.WORKSPACE, store, publication.run_id, customer.key, answers), "")
    except KeepersError as error:  # the page still shows what the app database knows
        return Found(None, _why_not(error, customer))


def _why_not(error: KeepersError, customer: Customer) -> str:
    if customer.stage == Customer.Stage.PROSPECT:
        return _("They have not ordered yet, so there are no figures.")
    if isinstance(error, UnknownCustomerError):
        return _("The run that is shown has no order of theirs, so there is no value of them yet.")
    if isinstance(error, UnknownRunError):
        return _(
            "The run that the pages show is no longer in the warehouse, so orders and charts are missing here; the "
            "figures are those that were published. Bring the warehouse folder back, or value the base anew."
        )
    return str(error)


def _context(customer: Customer, publication: Publication | None, found: Found) -> dict[str, Any]:
    value = value_of(publication, customer.pk)
    return _assumed(publication) | {
        "customer": customer,
        "value": value,
        "exact_chance": _exact(value.probability_alive) if value else NOTHING,
        "found": found,
        "panels": panels_of(found.record) if found.record else [],
        "missing": missing_of(found.record) if found.record else [],
        "location": _location(found.record),
        "sources": sorted({order.source for order in found.record.orders}) if found.record else [],
    }


def _assumed(publication: Publication | None) -> dict[str, Any]:
    """What the figures take for granted."""
    if publication is None:
        return {}
    return {
        "horizon": Period(publication.assumption("horizon") or 0).in_words(),
        "discount": publication.assumption("annual_discount"),
    }


def _exact(chance: float | None) -> str:
    """A chance in figures, which are never certain."""
    if chance is None:
        return NOTHING
    return "> 0.99" if chance > ALMOST_ONE else "< 0.01" if chance < 1 - ALMOST_ONE else figures(chance, 2)


def _location(record: CustomerRecord | None) -> str | None:
    """Where the newest order with a known place was made."""
    return next((order.location for order in record.orders if order.location), None) if record else None
