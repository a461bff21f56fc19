"""How customers are reached: contact points and addresses. What is wrong is kept, with its problem in words."""

from typing import Any

from django.db import transaction
from django.db.models import Model

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Address, ContactPoint, Customer
from keepers.crm.customers.models.lives import TOLD_ADDRESS
from keepers.crm.customers.queries import firm
from keepers.crm.customers.reach import Reach, email_of, phone_of, web_of

ADDRESS = ("label", "street", "postal_code", "city", "region", "country")
_REPEATED = {ContactPoint.Kind.EMAIL: "email", ContactPoint.Kind.PHONE: "phone"}


class NothingWrittenError(KeepersError):
    """A contact point or an address without anything in it."""


def add_contact_point(
    act: Act, customer: Customer, kind: str, text: str, *, label: str = "", country: str = "", first: bool = False
) -> ContactPoint:
    """One more way to reach a customer; one that they have already gets the label.

    Args:
        act: who, when, how.
        customer: whom.
        kind: of `ContactPoint.Kind`.
        text: as it was written.
        label: work, home, mobile …
        country: of numbers without one.
        first: whether it is the one to use from now on.

    Raises:
        NothingWrittenError: the text is empty.
    """
    with transaction.atomic():
        keep_here(act, customer)
        point = reach_by(customer, kind, text, label=label, country=country)
        if first:
            _put_first(point)
        _repeat(act, customer)
        act.note("edit", customer, {kind: [None, point.value]})
    return point


def change_contact_point(
    act: Act, point: ContactPoint, text: str, *, label: str = "", country: str = ""
) -> ContactPoint:
    """Write a contact point anew; where the customer has the new one already, that one stays and this one goes.

    Raises:
        NothingWrittenError: the text is empty.
    """
    customer, before = point.customer, point.value
    reach = _reach(point.kind, text, country)
    with transaction.atomic():
        keep_here(act, customer)
        same = customer.contact_points.filter(kind=point.kind, value=reach.value).exclude(pk=point.pk).first()
        if same is not None:
            point.delete()
            point = same
        point.value, point.written, point.problem, point.label = reach.value, text.strip(), reach.problem, label
        point.save()
        _repeat(act, customer)
        act.note("edit", customer, {point.kind: [before, point.value]})
    return point


def use_first(act: Act, point: ContactPoint) -> None:
    """Let this contact point be the first of its kind."""
    with transaction.atomic():
        keep_here(act, point.customer)
        _put_first(point)
        _repeat(act, point.customer)
        act.note("edit", point.customer, {f"first {point.kind}": [None, point.value]})


def remove_contact_point(act: Act, point: ContactPoint) -> None:
    """Forget a way to reach a customer."""
    customer = point.customer
    with transaction.atomic():
        keep_here(act, customer)
        act.note("edit", customer, {point.kind: [point.value, None]})
        point.delete()
        _repeat(act, customer)


def add_address(act: Act, customer: Customer, **parts: str) -> Address:
    """One more address; parts of `ADDRESS`.

    Raises:
        NothingWrittenError: all parts are empty.
    """
    with transaction.atomic():
        keep_here(act, customer)
        address = Address(customer=customer, position=customer.addresses.count(), **_parts(parts))
        address.save()
        _repeat(act, customer)
        act.note("edit", customer, {"address": [None, str(address)]})
    return address


def change_address(act: Act, address: Address, **parts: str) -> None:
    """Write an address anew.

    Raises:
        NothingWrittenError: all parts are empty.
    """
    before = str(address)
    for name, part in _parts(parts).items():
        setattr(address, name, part)
    with transaction.atomic():
        keep_here(act, address.customer)
        address.save()
        _repeat(act, address.customer)
        act.note("edit", address.customer, {"address": [before, str(address)]})


def remove_address(act: Act, address: Address) -> None:
    """Forget an address."""
    customer = address.customer
    with transaction.atomic():
        keep_here(act, customer)
        act.note("edit", customer, {"address": [str(address), None]})
        address.delete()
        _repeat(act, customer)


def keep_here(act: Act, customer: Customer) -> None:
    """From now on a customer's contact points and addresses are kept here; those that imports told become rows."""
    if customer.reached_by_hand:
        return
    with transaction.atomic():
        for kind, field in _REPEATED.items():
            if text := getattr(customer, field):
                reach_by(customer, kind, text, country=firm().country)
        lives = {name: getattr(customer, name) for name in TOLD_ADDRESS}
        if any(lives.values()) and not customer.addresses.exists():
            Address.objects.create(customer=customer, **lives)
        act.touched(customer, reached_by_hand=True)
        act.note("edit", customer, {"reached_by_hand": [False, True]})


def reach_by(customer: Customer, kind: str, text: str, *, label: str = "", country: str = "") -> ContactPoint:
    """The contact point of this text, made where it is new; a part of other actions.

    Raises:
        NothingWrittenError: the text is empty.
    """
    reach, points = _reach(kind, text, country), customer.contact_points
    point, is_new = points.get_or_create(
        kind=kind,
        value=reach.value,
        defaults={
            "written": text.strip(),
            "label": label,
            "problem": reach.problem,
            "position": points.filter(kind=kind).count(),
        },
    )
    if not is_new and label:
        point.label = label
        point.save(update_fields=["label"])
    if is_new and kind in _REPEATED and not getattr(customer, _REPEATED[ContactPoint.Kind(kind)]):
        field = _REPEATED[ContactPoint.Kind(kind)]
        setattr(customer, field, _fitting(Customer, field, reach.value))
        customer.save(update_fields=[field])
    return point


def _reach(kind: str, text: str, country: str) -> Reach:
    if not text.strip():
        raise NothingWrittenError("Write something to reach them by, or remove it.")
    if kind == ContactPoint.Kind.EMAIL:
        return email_of(text)
    return phone_of(text, country) if kind == ContactPoint.Kind.PHONE else web_of(text)


def _parts(parts: dict[str, str]) -> dict[str, str]:
    tidy = {name: _fitting(Address, name, " ".join(parts.get(name, "").split())) for name in ADDRESS}
    if not any(part for name, part in tidy.items() if name != "label"):
        raise NothingWrittenError("Write at least one line of the address, or remove it.")
    return tidy


def _fitting(model: type[Model], field: str, text: str) -> str:
    """As much of a text as its column holds."""
    return text[: getattr(model._meta.get_field(field), "max_length", None)]


def _put_first(point: ContactPoint) -> None:
    others = point.customer.contact_points.filter(kind=point.kind).exclude(pk=point.pk)
    for position, each in enumerate([point, *others]):
        ContactPoint.objects.filter(pk=each.pk).update(position=position)


def _repeat(act: Act, customer: Customer) -> None:
    """Write the first contact points and address into the customer's row, where lists read them."""
    points = customer.contact_points.order_by("position", "pk")
    changes: dict[str, Any] = {}
    for kind, field in _REPEATED.items():
        first = points.filter(kind=kind, problem="").first() or points.filter(kind=kind).first()
        changes[field] = "" if first is None else _fitting(Customer, field, first.value)
    address = customer.addresses.first()
    changes |= {name: "" if address is None else getattr(address, name) for name in TOLD_ADDRESS}
    act.touched(customer, **changes)
