"""Pairs who may be one: to be decided, one beside the other, all of them at once; and merges to be undone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from keepers.core.errors import NothingToDoError
from keepers.crm.customers.duplicates import jobs
from keepers.crm.customers.duplicates.finding import apart, groups_above
from keepers.crm.customers.duplicates.merging import best_of, merge, preview, undo
from keepers.crm.customers.duplicates.models import Merge, Pair
from keepers.crm.customers.models import Customer
from keepers.crm.jobs.actions import BusyError
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.progress import shown
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed
from keepers.crm.people.roles import Noun, Verb

SHOWN = 50
USUAL = 0.95
WORDS = {
    "first": gettext_lazy("first name"),
    "last": gettext_lazy("name"),
    "email": gettext_lazy("e-mail"),
    "phone": gettext_lazy("phone"),
    "street": gettext_lazy("street"),
    "city": gettext_lazy("city"),
    "postal_code": gettext_lazy("postal code"),
    "born": gettext_lazy("day of birth"),
    "number": gettext_lazy("number"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for a pair or against it."""

    field: str | Promise
    level: int


@require_GET
@needs(Verb.SEE, Noun.CUSTOMERS, everybodys=Noun.CUSTOMERS)
def duplicates(request: HttpRequest) -> HttpResponse:
    """Pairs to decide, the likeliest first, and the latest merges."""
    settle_abandoned()
    pairs = Pair.objects.filter(state=Pair.State.OPEN).select_related("one", "other")
    least = _least(request.GET.get("least", ""))
    page = {
        "pairs": [(pair, reasons_of(pair)) for pair in pairs[:SHOWN]],
        "count": pairs.count(),
        "least": least,
        "groups": _counted(groups_above(least)) if "least" in request.GET else None,
        "merges": Merge.objects.filter(undone_at=None).select_related("kept", "absorbed", "by")[:SHOWN],
    }
    last = jobs.last_merging()
    if last is not None and not last.is_open:
        page |= {"merging": last, "merged": jobs.merges_of(last).filter(undone_at=None).count()}
    job = jobs.last_job()
    if job is not None and job.state not in {job.State.DONE, job.State.NOTHING}:
        page |= shown(job)
    return render(request, "duplicates/duplicates.html", page)


@require_GET
@needs(Verb.EDIT, Noun.CUSTOMERS)
def pair(request: HttpRequest, pk: int) -> HttpResponse:
    """Two customers beside each other, and what merging would do."""
    found = _pair(request, pk)
    people = [found.one, found.other]
    wanted = request.GET.get("keep", "")
    kept = next((each for each in people if str(each.pk) == wanted), best_of(people))
    absorbed = next(each for each in people if each != kept)
    page = {
        "pair": found,
        "reasons": reasons_of(found),
        "kept": kept,
        "absorbed": absorbed,
        "preview": preview(kept, [absorbed], at=timezone.now()) if found.state == Pair.State.OPEN else None,
    }
    return render(request, "duplicates/pair.html", page)


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def merging(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the two one."""
    found = _pair(request, pk)
    kept, absorbed = found.one, found.other
    if request.POST.get("keep") == str(absorbed.pk):
        kept, absorbed = absorbed, kept
    merge(kept, [absorbed], by=user_of(request), at=timezone.now())
    messages.info(request, _("Merged. Their orders count together from the next valuation on."))
    return redirect(kept)


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def parting(request: HttpRequest, pk: int) -> HttpResponse:
    """They are not the same."""
    apart(_pair(request, pk), by=user_of(request), at=timezone.now())
    return redirect("duplicates")


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS, everybodys=Noun.CUSTOMERS)
def search(request: HttpRequest) -> HttpResponse:
    """Look through the whole base."""
    try:
        jobs.start_looking(by=user_of(request), at=timezone.now())
    except BusyError as busy:
        messages.warning(request, str(busy))
    return redirect("duplicates")


@require_POST
@needs(Verb.DELETE, Noun.CUSTOMERS, everybodys=Noun.CUSTOMERS)
def merges(request: HttpRequest) -> HttpResponse:
    """Merge all groups of at least this probability."""
    try:
        jobs.start_merging(_least(request.POST.get("least", "")), by=user_of(request), at=timezone.now())
    except BusyError as busy:
        messages.warning(request, str(busy))
    return redirect("duplicates")


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def undoing(request: HttpRequest, pk: int) -> HttpResponse:
    """Part two customers again."""
    found = get_object_or_404(Merge, pk=pk, kept__in=_changeable(user_of(request)))
    undo(found, by=user_of(request), at=timezone.now())
    messages.info(request, _("They are two again; nobody will ask about them any more."))
    return redirect("duplicates")


@require_POST
@needs(Verb.DELETE, Noun.CUSTOMERS, everybodys=Noun.CUSTOMERS)
def undoing_all(request: HttpRequest, pk: int) -> HttpResponse:
    """Part all again whom a job merged."""
    try:
        jobs.start_undoing(get_object_or_404(Job, pk=pk), by=user_of(request), at=timezone.now())
    except (BusyError, NothingToDoError) as wrong:
        messages.warning(request, str(wrong))
    return redirect("duplicates")


def reasons_of(pair: Pair) -> Sequence[Reason]:
    """What was compared, what speaks for it first."""
    found = [Reason(WORDS[name], level) for name, level in pair.reasons.items() if name in WORDS]
    return sorted(found, key=lambda reason: -reason.level)


def _pair(request: HttpRequest, pk: int) -> Pair:
    """A pair both of whom the user may change."""
    mine = _changeable(user_of(request))
    return get_object_or_404(Pair.objects.select_related("one", "other"), pk=pk, one__in=mine, other__in=mine)


def _changeable(user: User) -> QuerySet[Customer]:
    return allowed(user, Verb.EDIT, Noun.CUSTOMERS, Customer.objects.all())


def _least(text: str) -> float:
    try:
        return min(max(float(text), 0.5), 1.0)
    except ValueError:
        return USUAL


def _counted(groups: Sequence[Sequence[int]]) -> dict[str, int]:
    return {"groups": len(groups), "absorbed": sum(len(group) - 1 for group in groups)}
