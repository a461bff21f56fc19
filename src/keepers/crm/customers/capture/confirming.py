"""Consent that counts once it is confirmed by the link in a letter: asked, confirmed once, or gone."""

from datetime import datetime, timedelta
from secrets import token_urlsafe
from smtplib import SMTPException, SMTPRecipientsRefused

from django.core.mail import EmailMessage
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import transaction
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions import consents
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.capture.guarding import TooOftenError
from keepers.crm.customers.capture.models import Confirmation, WebForm
from keepers.crm.customers.models import Consent, Customer
from keepers.crm.customers.queries import firm
from keepers.crm.customers.reach import email_of
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.people.models import AuditEntry

LASTS = timedelta(days=7)
KEPT_FOR = timedelta(days=30)  # what nobody confirmed
REST, MOST_LETTERS = timedelta(minutes=10), 3  # between two letters to an address; to one within a day
A_DAY = timedelta(days=1)
MOST_ATTEMPTS = 6
FIRST_WAIT = timedelta(minutes=2)  # doubled with each attempt


class NoLinkError(KeepersError):
    """A link that was in no letter of ours, or whose question nobody can answer any more."""


class OldLinkError(KeepersError):
    """A link that is too old."""


def ask(form: WebForm, customer: Customer, email: str, *, page: str, here: str, at: datetime) -> bool:
    """Ask by a letter to confirm what the form says; whether it could be: the address must be known as theirs.

    Call it inside the transaction that takes what was sent. Where a letter went there just now, no other follows.
    """
    address = email_of(email).value
    if not address or not _is_reached_by(customer, address):
        return False
    waiting = Confirmation.objects.filter(form=form, customer=customer, email=address, confirmed_at=None)
    asked = waiting.first() or Confirmation(form=form, customer=customer, email=address, nonce=token_urlsafe(15))
    asked.text, asked.page, asked.asked_at = form.consent_text, page, at
    asked.channel, asked.purpose = form.channel, form.purpose
    asked.save()
    if _may_write(address, at):
        _hand_over(asked, here=here, at=at)
    return True


def asked_by(link: str) -> Confirmation:
    """What a link asks to confirm, or what was confirmed by it.

    Raises:
        NoLinkError: it is none of ours, what it asked is gone, or they refused since.
        OldLinkError: it is too old, and was not confirmed.
    """
    asked = _named_by(link)
    if asked.confirmed_at is not None:
        return asked
    try:
        _signer().unsign(link, max_age=LASTS)
    except SignatureExpired as old:
        raise OldLinkError(_("This link is too old. Have a new one sent.")) from old
    _refuse_void(asked)
    return asked


def confirm(link: str, *, sender: str, at: datetime) -> Confirmation:
    """Let what was agreed to count, with its proof. A second time changes nothing, whatever was said since.

    Args:
        link: what stands in the letter's address.
        sender: where the confirmation came from, as a hash.
        at: when.

    Raises:
        NoLinkError: the link is none of ours, what it asked is gone, or they refused since.
        OldLinkError: it is too old.
    """
    with transaction.atomic():
        asked = asked_by(link)
        if not Confirmation.objects.filter(pk=asked.pk, confirmed_at=None).update(confirmed_at=at):
            return Confirmation.objects.get(pk=asked.pk)
        asked.confirmed_at = at
        act = Act(by=None, at=at, via=AuditEntry.Via.WEB)
        consents.say(
            act, asked.customer, channel=asked.channel, purpose=asked.purpose, state=Consent.State.GIVEN,
            proof=_proof(asked, sender), source=asked.form.name,
        )  # fmt: skip
        body = f"{_('Agreed to')}: {asked.text}"
        title = _("Confirmed by the link in a letter")
        add_touch(asked.customer, by=None, at=at, via=act.via, kind="web", direction="in", title=title, body=body)
    return asked


def send_again(link: str, *, here: str, at: datetime) -> None:
    """Send a new link to the address of an old one.

    Raises:
        NoLinkError: the link is none of ours, what it asked is gone, or they refused since.
        TooOftenError: a letter went there just now, or enough of them today.
    """
    with transaction.atomic():
        asked = _named_by(link)
        if asked.confirmed_at is not None:
            return
        _refuse_void(asked)
        if not _may_write(asked.email, at):
            raise TooOftenError(_("A letter went out not long ago. Look for it, or ask again later."))
        _hand_over(asked, here=here, at=at)


@task
def send_link(asked_id: int, here: str, attempt: int) -> None:
    """What the worker does: send the letter, and try again later where the mail server does not answer."""
    asked = Confirmation.objects.select_related("form").filter(pk=asked_id, confirmed_at=None).first()
    if asked is None:
        return
    try:
        _letter(asked, here).send()
    except SMTPRecipientsRefused:
        return  # no such address: nobody will confirm
    except (SMTPException, OSError):
        if attempt == MOST_ATTEMPTS:
            raise
        later = timezone.now() + FIRST_WAIT * 2 ** (attempt - 1)
        send_link.using(run_after=later).enqueue(asked_id, here, attempt + 1)


def forget_unconfirmed(*, at: datetime) -> None:
    """Remove what nobody confirmed for long, with the address."""
    Confirmation.objects.filter(confirmed_at=None, asked_at__lt=at - KEPT_FOR).delete()


def link_of(asked: Confirmation) -> str:
    """What stands in the address of its letter, from now."""
    return _signer().sign(asked.nonce)


def _named_by(link: str) -> Confirmation:
    try:
        nonce = _signer().unsign(link)
    except BadSignature as wrong:
        raise NoLinkError(_("This link is incomplete. Copy all of it from the letter.")) from wrong
    asked = Confirmation.objects.select_related("form", "customer").filter(nonce=nonce).first()
    if asked is None:
        raise NoLinkError(_("What this link asked is gone. Fill in the form once more."))
    return asked


def _refuse_void(asked: Confirmation) -> None:
    said = asked.customer.consents.filter(channel=asked.channel, purpose=asked.purpose, is_latest=True)
    if said.filter(state__in=Consent.REFUSALS, at__gt=asked.asked_at).exists():
        raise NoLinkError(_("You said no since. Fill in the form once more if you changed your mind."))
    if not _is_reached_by(asked.customer, asked.email):
        raise NoLinkError(_("The address that this link went to is nobody's any more."))


def _is_reached_by(customer: Customer, address: str) -> bool:
    theirs = Q(email__iexact=address) | Q(contact_points__value=address, contact_points__problem="")
    return Customer.everyone.filter(theirs, pk=customer.pk).exists()


def _may_write(address: str, at: datetime) -> bool:
    written = Confirmation.objects.filter(email=address, lettered_at__gt=at - A_DAY)
    if written.filter(lettered_at__gt=at - REST).exists():
        return False
    return (written.aggregate(all=Sum("letters"))["all"] or 0) < MOST_LETTERS


def _hand_over(asked: Confirmation, *, here: str, at: datetime) -> None:
    """Count the letter and have the worker send it, both or neither."""
    is_another_day = asked.lettered_at is None or asked.lettered_at <= at - A_DAY
    asked.letters, asked.lettered_at = 1 if is_another_day else asked.letters + 1, at
    asked.save(update_fields=["letters", "lettered_at"])
    send_link.enqueue(asked.pk, here, 1)


def _letter(asked: Confirmation, here: str) -> EmailMessage:
    """It says nothing that somebody else could have filled in."""
    link = here.rstrip("/") + reverse("web_form_confirmation", args=[link_of(asked)])
    told = {"form": " ".join(asked.form.title.split()), "text": asked.text, "link": link, "days": LASTS.days}
    body = (
        _(
            'In the form "%(form)s" somebody gave this address and ticked:\n\n%(text)s\n\n'
            "If that was you, open this link within %(days)d days and confirm it there:\n%(link)s\n\n"
            "If it was not, do nothing: without it nothing counts.\n"
        )
        % told
    )
    return EmailMessage(
        _("Please confirm: %(form)s") % told, f"{body}\n{firm().name}".rstrip() + "\n", to=[asked.email]
    )


def _proof(asked: Confirmation, sender: str) -> str:
    shown = _(
        'Ticked "%(text)s" in the form "%(form)s" on %(page)s at %(asked)s, and confirmed it at %(at)s by the link in '
        "a letter to %(email)s, from the address with the hash %(sender)s."
    )
    assert asked.confirmed_at is not None
    asked_at, at = (f"{moment:%Y-%m-%d %H:%M:%S} UTC" for moment in (asked.asked_at, asked.confirmed_at))
    return shown % {
        "text": asked.text, "form": asked.form.name, "page": asked.page, "asked": asked_at, "at": at,
        "email": asked.email, "sender": sender,
    }  # fmt: skip


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="keepers.web-form.confirmation")
