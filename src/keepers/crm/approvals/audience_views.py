"""The list of those whom an approval reaches, as a page and as a file for the mail house."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.approvals.models import Approval, Member
from keepers.crm.approvals.queries import by_name, out_of_reach
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.queries import belonging_to
from keepers.crm.lists.addresses import number_in
from keepers.crm.lists.columns import Column, fetched
from keepers.crm.lists.exports import csv_streamed
from keepers.crm.lists.keyset import keyset_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.offers.promotion_views import TOLD_OF
from keepers.crm.portfolio.seen import columns_for
from keepers.decisions.terms.doing import category_promoted

ROWS = 50
ROWS_AT_ONCE = 2_000


def _of_address(part: str) -> Any:
    """A part of the address to use first; of somebody without any, the one that their orders tell."""

    def read(member: Member) -> str | None:
        address = next(iter(member.customer.addresses.all()), member.customer)
        return getattr(address, part, "") or None

    return read


def _task_day(member: Member) -> Any:
    return member.task.due_on if member.task else None


def _task_owner(member: Member) -> Any:
    return member.task.owner if member.task else None


WHO = Column("name", _("Name"), "name", "customer.name", more=[("customer_id", "customer.key")], fetch=("customer",))
FIGURES = (
    Column("cost", _("Cost"), "money", "cost"),
    Column("expected_gain", _("Gain"), "money", "expected_gain"),
    Column("task_due", _("Due"), "day", "", read=_task_day, fetch=("task",)),
    Column("task_owner", _("Who"), "text", "", read=_task_owner, fetch=("task__owner",)),
)
WHERE = (
    Column("email", _("E-mail"), "text", "customer.email"),
    Column("phone", _("Phone"), "text", "customer.phone"),
    *(
        Column(name, label, "text", "", read=_of_address(part), fetch=("customer__addresses",))
        for name, label, part in (
            ("street", _("Street"), "street"),
            ("postal_code", _("Postal code"), "postal_code"),
            ("city", _("City"), "city"),
            ("country", _("Country"), "country"),
        )
    ),
)


@needs(Verb.SEE, Noun.CUSTOMERS)
def audience(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom it reaches, as far as the user sees them."""
    found = get_object_or_404(Approval, pk=pk)
    after, before = (number_in(request.GET.get(side, "")) for side in ("after", "before"))
    members = belonging_to(user_of(request), Verb.SEE, found.members.all())
    page = keyset_page(members, field="pk", descending=False, size=ROWS, after=after, before=before)
    columns = columns_for(user_of(request), [WHO, *_figures(found)])
    address = reverse("audience", args=[pk])
    context = {
        "approval": found,
        "columns": columns,
        "rows": list(fetched(columns, page.rows)),
        "previous": None if page.before is None else f"{address}?before={page.before}",
        "next": None if page.after is None else f"{address}?after={page.after}",
    }
    return render(request, "approvals/audience.html", context)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def audience_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Those whom it may still reach today: who refused since, or was held out elsewhere, is left out."""
    found = get_object_or_404(Approval.objects.select_related("by"), pk=pk)
    user = user_of(request)
    columns = columns_to_reach(user, _figures(found))
    name = f"audience-{pk}.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name, thing=found)
    return csv_streamed(columns, fetched(columns, _still_reached(user, found)), name)


def _figures(approval: Approval) -> Sequence[Column]:
    return (TOLD_OF, *FIGURES) if category_promoted(approval.action) else FIGURES


def columns_to_reach(user: User, figures: Sequence[Column]) -> list[Column]:
    """Who, where, and these figures; street and postal code go with the addresses, where those are hidden."""
    kept = columns_for(user, [WHO, *WHERE, *figures])
    hidden = hidden_of_customers(user)
    return [each for each in kept if "addresses" not in hidden or each not in WHERE[2:]]


def _still_reached(user: User, approval: Approval) -> Iterator[Member]:
    also = by_name(approval.members.all())
    out = out_of_reach(approval.parts, approval.way, day=timezone.localdate(), but=approval, also=also)
    members = belonging_to(user, Verb.EXPORT, approval.members.order_by("pk"))
    return (member for member in members.iterator(ROWS_AT_ONCE) if member.customer_id not in out)
