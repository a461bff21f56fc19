"""Customers come into being and are changed."""

from collections.abc import Mapping
from functools import partial
from secrets import token_hex
from typing import Any

from django.db import IntegrityError, transaction

from keepers.core.errors import KeepersError
from keepers.crm.customers.acquisitions import FIELDS, tell_acquisitions
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.actions.attachments import place_of
from keepers.crm.customers.actions.reaching import reach_by
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.forgotten import marks_of, refuse_forgotten
from keepers.crm.customers.models import AcquisitionTold, Attachment, ContactPoint, Customer
from keepers.crm.customers.models.lives import MADE_UP
from keepers.crm.people.audit import differences

LONGEST_NAME = 255
PLAIN = ("name", "kind", "owner", "team", "acquired_by", "acquired_on", "acquisition_cost")


class KeyTakenError(KeepersError):
    """Another customer has this id."""


class NotAFieldError(KeepersError):
    """There is no such field of customers."""


def create(
    act: Act, *, name: str, key: str = "", email: str = "", phone: str = "", country: str = "", **fields: Any
) -> Customer:
    """A new customer, a prospect unless told otherwise.

    Args:
        act: who, when, how.
        name: what they are called.
        key: the id that orders know them by; empty for one of our own.
        email: an address to reach them by, as it was written.
        phone: a number to reach them by, as it was written.
        country: of numbers without one.
        fields: of `PLAIN`, and `stage`.

    Raises:
        KeyTakenError: another customer has this id.
        NotAFieldError: a field is none of these.
        WasForgottenError: they were forgotten at their own wish.
    """
    _known({*fields} - {"stage"})
    refuse_forgotten(marks_of(key=key, email=email, phone=phone, country=country))
    wanted = {"stage": Customer.Stage.PROSPECT} | fields
    key = key.strip() or f"{MADE_UP}{token_hex(6)}"
    try:
        with transaction.atomic():
            customer = Customer(
                key=key, name=_tidy(name), named_by_hand=bool(name.strip()), created_at=act.at, **wanted
            )
            customer.changed_at, customer.reached_by_hand = act.at, bool(email.strip() or phone.strip())
            customer.save()
            for kind, text in ((ContactPoint.Kind.EMAIL, email), (ContactPoint.Kind.PHONE, phone)):
                if text.strip():
                    reach_by(customer, kind, text, country=country)
            changed([customer.pk], at=act.at)
            if any(fields.get(name) for name in FIELDS):
                tell_acquisitions([customer.pk], at=act.at)
            act.note("create", customer, {"name": [None, customer.name], "stage": [None, customer.stage]})
    except IntegrityError as taken:
        raise KeyTakenError(f'Another customer has the id "{key}". Open that one, or give another id.') from taken
    return customer


def edit(act: Act, customer: Customer, **fields: Any) -> dict[str, list[Any]]:
    """Change fields of `PLAIN`; what differs, each with before and after. A name given here stays when imports come.

    Raises:
        NotAFieldError: a field is none of these.
    """
    _known(fields)
    if "name" in fields:
        fields["name"] = _tidy(fields["name"])
    before = {name: getattr(customer, name) for name in fields}
    changed = differences(before, fields, fields)
    if not changed:
        return {}
    after = {name: fields[name] for name in changed}
    if "name" in after:
        after["named_by_hand"] = bool(after["name"])
    with transaction.atomic():
        act.touched(customer, **after)
        act.note("edit", customer, changed)
    return changed


def delete(act: Act, customer: Customer) -> None:
    """Take a customer out of the app, with those who were found to be them, and their files.

    Orders in the warehouse stay, and bring their customer back with the next run.
    """
    with transaction.atomic():
        act.note("delete", customer)
        gone = [*absorbed_by(customer), customer]
        stored = Attachment.objects.filter(customer__in=gone).values_list("stored_as", flat=True)
        files = [place_of(name) for name in stored]
        AcquisitionTold.objects.filter(customer__in=gone).delete()
        for each in gone:
            each.delete()
        for path in files:
            transaction.on_commit(partial(path.unlink, missing_ok=True))


def absorbed_by(customer: Customer) -> list[Customer]:
    """Those who were merged into a customer, and those who were merged into them before; these come first."""
    absorbed = Customer.everyone.filter(merged_into=customer)
    return [each for one in absorbed for each in (*absorbed_by(one), one)]


def _known(fields: Mapping[str, Any] | set[str]) -> None:
    if unknown := sorted(set(fields) - set(PLAIN)):
        raise NotAFieldError(f"Customers have no field {', '.join(unknown)}. Fields: {', '.join(PLAIN)}.")


def _tidy(name: str) -> str:
    return " ".join(name.split())[:LONGEST_NAME]
