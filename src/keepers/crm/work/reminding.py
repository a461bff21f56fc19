"""Reminders: a digest by e-mail each working morning, and a calendar that other programs read."""

import logging
import secrets
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tasks import task
from icalendar import Calendar, Event, vText

from keepers.core.money import money
from keepers.crm.jobs.asking import ask_once
from keepers.crm.people.models import User
from keepers.crm.portfolio.queries import current_publication
from keepers.crm.work.days import is_working
from keepers.crm.work.models import Reminders, Task
from keepers.crm.work.queries import Line, Work, tasks_seen_by, work_of

LOG = logging.getLogger(__name__)
MORNING = time(6)
LINES = 15
IN_THE_CALENDAR = timedelta(days=60)


def choose(user: User, *, by_mail: bool) -> None:
    """Keep whether somebody wants the digest."""
    Reminders.objects.update_or_create(user=user, defaults={"by_mail": by_mail})


def new_feed(user: User) -> str:
    """A new secret for the calendar's address; the one before it leads nowhere from now on."""
    token = secrets.token_urlsafe(24)
    Reminders.objects.update_or_create(user=user, defaults={"feed_hash": _hash(token)})
    return token


def owner_of_feed(token: str) -> User | None:
    """Whose calendar it is; None where the address is no longer good."""
    found = Reminders.objects.filter(feed_hash=_hash(token), user__is_active=True).select_related("user").first()
    return None if found is None else found.user


def calendar_of(user: User, *, today: date, host: str, at: datetime) -> bytes:
    """Somebody's open tasks as a calendar."""
    calendar = Calendar()
    calendar.add("prodid", "-//Keepers//tasks//EN")
    calendar.add("version", "2.0")
    calendar.add("name", _("Tasks of %(name)s") % {"name": user})
    ahead = today + IN_THE_CALENDAR
    tasks = Task.objects.filter(owner=user, state=Task.State.OPEN, due_on__isnull=False, due_on__lte=ahead)
    for each in tasks.select_related("customer"):
        calendar.add_component(_event(each, today=today, host=host, at=at))
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def send_digests(*, today: date) -> int:
    """Write to everybody who wants it and was not written to today; how many that were.

    The day is kept before the letter goes out, so a worker that dies in the midst writes to nobody twice.
    """
    if not is_working(today):
        return 0
    sent = 0
    for wish in Reminders.objects.filter(by_mail=True, user__is_active=True).exclude(sent_on=today):
        if not Reminders.objects.filter(pk=wish.pk).exclude(sent_on=today).update(sent_on=today):
            continue
        work = work_of(tasks_seen_by(wish.user).filter(owner=wish.user), today=today, most=LINES)
        if work.overdue or work.due:
            sent += _write(wish, work)
    return sent


def ask_for_digests(when: datetime) -> None:
    """Have the worker write digests then; it asks for the next morning itself."""
    ask_once(remind_every_morning, when)


@task
def remind_every_morning() -> int:
    """What the worker does."""
    today = timezone.localdate()
    tomorrow = datetime.combine(today + timedelta(days=1), MORNING, timezone.get_current_timezone())
    remind_every_morning.using(run_after=tomorrow).enqueue()
    return send_digests(today=today)


def _write(wish: Reminders, work: Work) -> int:
    try:
        return send_mail(_subject(work), _digest(work), settings.DEFAULT_FROM_EMAIL, [wish.user.email])
    except (SMTPException, OSError) as error:
        LOG.warning("The digest of %s could not be sent: %s", wish.user.email, error)
        Reminders.objects.filter(pk=wish.pk).update(sent_on=None)
        return 0


def _event(each: Task, *, today: date, host: str, at: datetime) -> Event:
    event = Event()
    event.add("uid", f"task-{each.pk}@{host}")
    event.add("dtstamp", at)
    event.add("summary", f"{each.get_kind_display()}: {each.customer or each.title}")
    event["description"] = vText("\n".join(filter(None, (each.title, each.reason, each.note))))
    if each.starts_at is not None:
        event.add("dtstart", each.starts_at)
        event.add("dtend", each.starts_at + timedelta(minutes=30))
    else:
        day = max(each.due_on or today, today)  # what is overdue stands at today
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
    return event


def _subject(work: Work) -> str:
    count = len(work.overdue) + len(work.due)
    return ngettext("%(count)d task for today", "%(count)d tasks for today", count) % {"count": count}


def _digest(work: Work) -> str:
    publication = current_publication()
    currency = publication.currency if publication else None
    parts = [(_("Overdue"), work.overdue), (_("Today"), work.due), (_("Next"), work.upcoming)]
    said = [f"{title}\n" + "\n".join(_lines(lines, currency)) for title, lines in parts if lines]
    return "\n\n".join(said)


def _lines(lines: Iterable[Line], currency: str | None) -> Iterable[str]:
    for line in lines:
        worth = "" if line.task.stake is None else f" ({money(line.task.stake, currency or None)})"
        who = f" {line.task.customer}" if line.task.customer else ""
        last = (
            ""
            if line.last_contact is None
            else _(" Last contact %(day)s.") % {"day": date_format(timezone.localtime(line.last_contact), "j M Y")}
        )
        yield f"- {line.task.get_kind_display()}{who}{worth}: {line.task.reason or line.task.title}{last}"


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
