"""What customers agree to or refuse: each word of theirs a row that stays, with its proof."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.agreeing import asked_first
from keepers.crm.customers.models import Consent, ConsentRules, Customer
from keepers.crm.people.roles import Noun


class ProofError(KeepersError):
    """Consent that somebody else gives for a customer, without proof."""


def say(
    act: Act,
    customer: Customer,
    *,
    channel: str,
    purpose: str,
    state: str,
    proof: str = "",
    source: str = "",
    said_at: datetime | None = None,
) -> Consent:
    """Write down what a customer said; the row before it stays as history.

    Args:
        act: who writes it down (nobody: the customer themselves, on a form), when, how.
        customer: who said it.
        channel: how they may or may not be reached.
        purpose: what for.
        state: given, refused or withdrawn.
        proof: the words they agreed to, a form's address, a recording's number.
        source: where it was said.
        said_at: when it was said; an earlier word than the latest is history at once.

    Raises:
        ProofError: somebody writes down that it was given, and no proof.
    """
    if state == Consent.State.GIVEN and act.by is not None and not proof.strip():
        raise ProofError(
            "Say how they agreed: the words, the form's address, or the recording's number. "
            "Without proof it is no consent."
        )
    at = said_at or act.at
    with transaction.atomic():
        before = customer.consents.filter(channel=channel, purpose=purpose, is_latest=True).first()
        is_latest = before is None or before.at <= at
        if before is not None and is_latest:
            Consent.objects.filter(pk=before.pk).update(is_latest=False)
        said = Consent.objects.create(
            customer=customer,
            channel=channel,
            purpose=purpose,
            state=state,
            at=at,
            proof=proof.strip(),
            source=source.strip(),
            by=act.by,
            is_latest=is_latest,
        )
        act.note("edit", customer, {f"consent {channel} {purpose}": [None if before is None else before.state, state]})
    return said


def set_rules(act: Act, wanted: Collection[str]) -> None:
    """Say for which channels and purposes, such as `email.marketing`, this firm asks first."""
    with transaction.atomic():
        before, after = sorted(asked_first()), sorted(wanted)
        ConsentRules.objects.create(asked_first=after, by=act.by, at=act.at)
        act.note("edit", None, {"asked_first": [before, after]}, noun=Noun.SETTINGS)
