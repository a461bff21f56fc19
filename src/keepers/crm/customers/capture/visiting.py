"""Visits of browsers whose users agreed: pages one after another, an act on the timeline once it is known whose."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext
from django_tasks import task

from keepers.crm.customers.capture.models import Visit, Visitor, WebForm
from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.jobs.asking import ask_once
from keepers.crm.people.models import AuditEntry

PAUSE = timedelta(minutes=30)  # after so long without a page another visit begins
KEPT_FOR = timedelta(days=30)  # visits of people who never said who they are
MOST_PAGES = 50
AT_ONCE = 500


def see(form: WebForm, key: str, *, page: str, title: str, at: datetime) -> Visit:
    """Write down that a visitor saw a page; what stands behind ? is not kept."""
    with transaction.atomic():
        visitor, _made = Visitor.objects.get_or_create(form=form, key=key, defaults={"first_at": at})
        visit = visitor.visits.select_for_update().filter(is_over=False, last_at__gt=at - PAUSE).first()
        if visit is None:
            visit = Visit(visitor=visitor, began_at=at)
        visit.last_at = at
        seen = [page_without_query(page), title[:120]]
        if len(visit.pages) < MOST_PAGES and (not visit.pages or visit.pages[-1] != seen):
            visit.pages = [*visit.pages, seen]
        visit.save()
        transaction.on_commit(lambda: ask_for_ending(at + PAUSE))
    return visit


def bind(visitor: Visitor, customer: Customer) -> None:
    """It turned out whose browser this is; another's before is theirs no more."""
    if visitor.customer_id != customer.pk:
        visitor.customer = customer
        visitor.save(update_fields=["customer"])


def end_visits(*, at: datetime) -> int:
    """Put visits that are over on the timelines of those who are known; how many there were."""
    over = Visit.objects.filter(last_at__lte=at - PAUSE, touch=None, visitor__customer__isnull=False)
    told = 0
    for visit in over.select_related("visitor__customer").order_by("pk")[:AT_ONCE]:
        with transaction.atomic():
            if not Visit.objects.filter(pk=visit.pk, touch=None).select_for_update().exists():
                continue
            visit.touch, visit.is_over = _touch(visit, at), True
            visit.save(update_fields=["touch", "is_over"])
            told += 1
    Visit.objects.filter(last_at__lte=at - PAUSE, is_over=False).update(is_over=True)
    Visitor.objects.filter(customer=None).exclude(visits__last_at__gt=at - KEPT_FOR).delete()
    return told


def ask_for_ending(when: datetime) -> None:
    """Have the worker end visits then; one task that waits is enough."""
    ask_once(end_all, when)


@task
def end_all() -> int:
    """What the worker does."""
    now = timezone.now()
    ended = end_visits(at=now)
    if Visit.objects.filter(is_over=False).exists() or ended == AT_ONCE:
        ask_for_ending(now + PAUSE / 6)
    return ended


def page_without_query(page: str) -> str:
    """The address of a page, without what stands behind ? and #, which may tell more than where somebody is."""
    try:
        parts = urlsplit(page)
    except ValueError:
        return ""
    plain = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:300]
    return plain if parts.scheme in {"http", "https"} else ""


def _touch(visit: Visit, at: datetime) -> Touch:
    count = len(visit.pages)
    title = ngettext("Visited %(n)d page", "Visited %(n)d pages", count) % {"n": count}
    body = "\n".join(f"{title} {page}".strip() for page, title in visit.pages)
    customer = visit.visitor.customer
    assert customer is not None
    minutes = round((visit.last_at - visit.began_at).total_seconds() / 60)
    about = {"kind": "web", "direction": "in", "title": title, "body": body, "minutes": minutes}
    return add_touch(customer, by=None, at=at, via=AuditEntry.Via.WEB, happened_at=visit.began_at, **about)
