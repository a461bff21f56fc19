"""What comes from a firm's site: prospects and acts of those who are known, never changing what is known already."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_hex, token_urlsafe
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions import consents, fields, records
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.capture import confirming
from keepers.crm.customers.capture.fields import Answer
from keepers.crm.customers.capture.guarding import is_origin
from keepers.crm.customers.capture.models import Submission, Visitor, WebForm
from keepers.crm.customers.capture.visiting import bind
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.forgotten import marks_of
from keepers.crm.customers.models import Consent, Customer
from keepers.crm.customers.queries import firm, whom_they_became
from keepers.crm.customers.reach import email_of, phone_of
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.people.audit import differences, record
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Noun
from keepers.loop.tombstones import forgotten_in

FIELDS = (
    "name", "title", "intro", "asks", "needs", "thanks", "consent_text", "confirms", "channel", "purpose", "owner",
    "acquired_by", "sites", "is_active",
)  # fmt: skip
TITLE_LENGTH = 255


class NotASiteError(KeepersError):
    """What was named is no site."""


def keep_form(form: WebForm | None, given: Mapping[str, Any], *, by: User, at: datetime) -> WebForm:
    """Keep a form that is new or was changed; `given` has some of `FIELDS`.

    Raises:
        NotASiteError: a site is no origin such as https://shop.example.com.
    """
    wrong = [site for site in given.get("sites", []) if not is_origin(site)]
    if wrong:
        raise NotASiteError(
            _("%(site)s is no site. Write https:// and the name, nothing behind it.") % {"site": wrong[0]}
        )
    with transaction.atomic():
        is_new = form is None
        kept = form or WebForm(key=token_urlsafe(9), salt=token_hex(16), made_by=by, made_at=at)
        before = {name: _plain(getattr(kept, name)) for name in FIELDS}
        for name in FIELDS:
            if name in given:
                setattr(kept, name, given[name])
        kept.save()
        changes = differences(before, {name: _plain(getattr(kept, name)) for name in FIELDS}, FIELDS)
        verb = "create" if is_new else "edit"
        record(at=at, actor=by, verb=verb, noun=Noun.SETTINGS, thing=kept, changes=changes)
    return kept


def take(
    form: WebForm,
    answer: Answer,
    *,
    words: Sequence[tuple[str, str]],
    token: str,
    page: str,
    visitor: str = "",
    here: str,
    at: datetime,
) -> Submission | None:
    """Take what somebody sent: a prospect, or an act of whoever is reached like this already.

    What is known of them stays as it is. What they agreed to counts, unless they refused it before: that they take back
    themselves where one knows that it is them.

    Args:
        form: by which it came.
        answer: what was sent.
        words: the same as people read it.
        token: counts once.
        page: where the form stood.
        visitor: the browser's key, where its user agreed to be known again.
        here: the address by which Keepers was reached, for the link in a letter.
        at: when.

    Returns: None where it came before.
    """
    act = Act(by=None, at=at, via=AuditEntry.Via.WEB)
    try:
        with transaction.atomic():
            sent = Submission.objects.create(form=form, token=token, at=at, was_forgotten=_was_forgotten(answer))
            if sent.was_forgotten:
                return sent
            known = customer_reached_by(answer.email, answer.phone)
            customer = known or _new(act, form, answer)
            said = _agree(act, form, answer, customer, page=page, here=here, is_new=known is None)
            _tell(form, customer, [*words, *said], page=page, at=at)
            if visitor:
                seen, _made = Visitor.objects.get_or_create(form=form, key=visitor, defaults={"first_at": at})
                bind(seen, customer)
            sent.customer, sent.is_new = customer, known is None
            sent.save(update_fields=["customer", "is_new"])
    except IntegrityError:
        if not Submission.objects.filter(token=token).exists():
            raise
        return None
    return sent


def customer_reached_by(email: str, phone: str) -> Customer | None:
    """Who is reached by this address, else by this number."""
    for told, value in (("email", email_of(email).value), ("phone", phone_of(phone, firm().country).value)):
        if not value:
            continue
        points = Customer.everyone.filter(contact_points__value=value, contact_points__problem="")
        found = points.order_by("pk").first()
        if found is None and told == "email":
            found = Customer.everyone.filter(called(value), Q(email__iexact=value)).order_by("pk").first()
        if found is not None:
            return Customer.objects.get(pk=whom_they_became(found.pk))
    return None


def _was_forgotten(answer: Answer) -> bool:
    """Whether it is somebody who was forgotten at their own wish."""
    marks = marks_of(email=answer.email, phone=answer.phone, country=firm().country)
    return forgotten_in(settings.WORKSPACE).knows(marks)


def _new(act: Act, form: WebForm, answer: Answer) -> Customer:
    customer = records.create(
        act,
        name=answer.name,
        email=answer.email,
        phone=answer.phone,
        country=firm().country,
        owner=form.owner,
        team=form.owner.team if form.owner else None,
        acquired_by=form.acquired_by or form.name,
        acquired_on=act.at.date(),
    )
    if answer.custom:
        fields.fill(act, customer, answer.custom)
    return customer


def _agree(
    act: Act, form: WebForm, answer: Answer, customer: Customer, *, page: str, here: str, is_new: bool
) -> list[tuple[str, str]]:
    """Write down what they agreed to, with its proof; what the timeline says of it."""
    if not answer.agreed:
        return []
    if form.confirms:
        is_asked = confirming.ask(form, customer, answer.email, page=page, here=here, at=act.at)
        asked, nobody = _("Agreed to; asked by e-mail to confirm it"), _("Agreed to, by an unknown address; ask them")
        return [(asked if is_asked else nobody, form.consent_text)]
    latest = customer.consents.filter(channel=form.channel, purpose=form.purpose, is_latest=True)
    if not is_new and latest.filter(state__in=Consent.REFUSALS).exists():
        return [(_("Agreed to, though it was refused before; ask them"), form.consent_text)]
    shown = _('Ticked "%(text)s" in the form "%(form)s" on %(page)s at %(at)s.')
    moment = f"{act.at:%Y-%m-%d %H:%M:%S} UTC"
    proof = shown % {"text": form.consent_text, "form": form.name, "page": page, "at": moment}
    consents.say(
        act, customer, channel=form.channel, purpose=form.purpose, state=Consent.State.GIVEN, proof=proof,
        source=form.name,
    )  # fmt: skip
    return [(_("Agreed to"), form.consent_text)]


def _tell(form: WebForm, customer: Customer, words: Sequence[tuple[str, str]], *, page: str, at: datetime) -> None:
    body = "\n".join(f"{label}: {value}" for label, value in [*words, (_("Page"), page)] if value)
    title, via = form.title[:TITLE_LENGTH], AuditEntry.Via.WEB
    add_touch(customer, by=None, at=at, via=via, kind="web", direction="in", title=title, body=body)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, User) else value
