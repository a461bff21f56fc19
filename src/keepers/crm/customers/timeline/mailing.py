"""Letters by e-mail: handed to the worker, sent once, and said so where nobody can know."""

from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from keepers.crm.customers.timeline.models import Mail

MOST_ATTEMPTS = 6
FIRST_REST = timedelta(minutes=2)  # doubled with each attempt
GIVEN_UP_ON = timedelta(minutes=15)  # a sender that has been at one letter for so long is gone


def can_send() -> bool:
    """Whether a mail server is set."""
    return bool(settings.EMAIL_HOST)


def hand_over(mail: Mail, *, when: datetime | None = None) -> None:
    """Have the worker send it; in the transaction that wrote it, so that one that is killed loses no letter."""
    waits = send_mail if when is None else send_mail.using(run_after=when)
    waits.enqueue(mail.pk)


def send(mail_id: int, *, at: datetime) -> None:
    """Send a letter that waits; one in other hands is left to them.

    It is marked before it goes out, so a sender that dies leaves a letter of which nobody knows whether it went, and
    never one that goes out twice.
    """
    waiting = Mail.objects.filter(pk=mail_id, state=Mail.State.WAITING)
    if not waiting.update(state=Mail.State.SENDING, begun_at=at):
        return
    mail = Mail.objects.select_related("touch__actor").get(pk=mail_id)
    try:
        _message_of(mail).send()
    except SMTPRecipientsRefused:
        _give_up(mail, _("The server does not take letters to %(to)s.") % {"to": mail.to})
    except (SMTPException, OSError) as error:
        _try_later(mail, str(error), at=at)
    else:
        Mail.objects.filter(pk=mail.pk).update(state=Mail.State.SENT, sent_at=at, problem="")


def send_again(mail: Mail) -> bool:
    """Send a letter that failed, or of which nobody knows, because a person says so; whether it was one."""
    ended = Mail.objects.filter(pk=mail.pk, state__in=(Mail.State.FAILED, Mail.State.UNSURE))
    with transaction.atomic():
        if not ended.update(state=Mail.State.WAITING, attempts=0, problem=""):
            return False
        hand_over(mail)
    return True


def settle_unsure(*, at: datetime) -> int:
    """Mark letters whose sender is gone; how many there were."""
    stuck = Mail.objects.filter(state=Mail.State.SENDING, begun_at__lt=at - GIVEN_UP_ON)
    return stuck.update(state=Mail.State.UNSURE)


@task
def send_mail(mail_id: int) -> None:
    """What the worker does."""
    send(mail_id, at=timezone.now())


def _message_of(mail: Mail) -> EmailMessage:
    writer = mail.touch.actor
    sender = settings.DEFAULT_FROM_EMAIL
    return EmailMessage(
        subject=mail.touch.title,
        body=mail.touch.body,
        from_email=sender,
        to=[mail.to],
        reply_to=[writer.email] if writer else None,
        headers={"Message-ID": f"<keepers-{mail.pk}-{mail.touch_id}@{sender.rpartition('@')[2].strip('>')}>"},
    )


def _try_later(mail: Mail, problem: str, *, at: datetime) -> None:
    mail.attempts += 1
    if mail.attempts >= MOST_ATTEMPTS:
        _give_up(mail, problem)
        return
    with transaction.atomic():
        Mail.objects.filter(pk=mail.pk).update(state=Mail.State.WAITING, attempts=mail.attempts, problem=problem)
        hand_over(mail, when=at + FIRST_REST * 2 ** (mail.attempts - 1))


def _give_up(mail: Mail, problem: str) -> None:
    Mail.objects.filter(pk=mail.pk).update(state=Mail.State.FAILED, attempts=mail.attempts, problem=problem)
