"""People and organisations as vCard 4.0 (RFC 6350), for any address book."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from keepers.crm.customers.models import Customer

CARDS_A_PIECE = 500
LONGEST_LINE = 75  # bytes, RFC 6350, 3.2
_TYPES = {"mobile": "cell", "home": "home", "work": "work", "fax": "fax"}


def as_vcards(customers: Iterable[Customer], *, hidden: Collection[str]) -> Iterator[bytes]:
    """The cards' pieces.

    Args:
        customers: with their contact points, addresses and tags.
        hidden: fields that whoever takes them may not see.
    """
    piece: list[str] = []
    for number, customer in enumerate(customers, start=1):
        piece += [_folded(line) for line in _lines(customer, hidden)]
        if not number % CARDS_A_PIECE:
            yield "".join(piece).encode()
            piece.clear()
    yield "".join(piece).encode()


def _lines(customer: Customer, hidden: Collection[str]) -> Iterator[str]:
    name = "" if "name" in hidden else customer.name
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    yield f"UID:urn:uuid:{uuid5(NAMESPACE_URL, 'keepers:' + customer.key)}"
    yield f"FN:{_text(name or customer.key)}"
    if customer.kind == Customer.Kind.ORGANISATION:
        yield "KIND:org"
        yield f"ORG:{_text(name or customer.key)}"
    else:
        given, _space, family = name.rpartition(" ")
        yield f"N:{_text(family)};{_text(given)};;;"
    for kind, value, label in _points(customer, hidden):
        mark = f";TYPE={_TYPES[label]}" if label in _TYPES else ""
        if kind == "email":
            yield f"EMAIL{mark}:{_text(value)}"
        elif kind == "phone":
            yield f"TEL;VALUE=uri{mark}:tel:{value}" if value.startswith("+") else f"TEL{mark}:{_text(value)}"
        else:
            yield f"URL:{value}"
    if not {"street", "city", "country"} & set(hidden):
        for address in customer.addresses.all():
            parts = (address.street, address.city, address.region, address.postal_code, address.country)
            mark = f";TYPE={_TYPES[address.label]}" if address.label in _TYPES else ""
            yield f"ADR{mark}:;;" + ";".join(map(_text, parts))
    tags = [] if "tags" in hidden else sorted(tag.name for tag in customer.tags.all())
    if tags:
        yield "CATEGORIES:" + ",".join(map(_text, tags))
    yield "END:VCARD"


def _points(customer: Customer, hidden: Collection[str]) -> Iterator[tuple[str, str, str]]:
    points: list[Any] = list(customer.contact_points.all())
    told = [(point.kind, point.value, point.label) for point in points]
    told += [
        (kind, value, "")
        for kind, value in (("email", customer.email), ("phone", customer.phone))
        if value and not any(known == kind for known, _value, _label in told)
    ]
    yield from (each for each in told if each[0] not in hidden)


def _text(value: str) -> str:
    for mark in "\\,;":
        value = value.replace(mark, f"\\{mark}")
    return value.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "")


def _folded(line: str) -> str:
    """The line in pieces of so many bytes, none in the midst of a letter."""
    pieces, piece, size = list[str](), "", 0
    for letter in line:
        width = len(letter.encode())
        if size + width > LONGEST_LINE:
            pieces.append(piece)
            piece, size = "", 1  # the blank that a continued line begins with
        piece, size = piece + letter, size + width
    return "\r\n ".join([*pieces, piece]) + "\r\n"
