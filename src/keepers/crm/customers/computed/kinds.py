"""Kinds of what formulas compute with: those of custom fields, without what is but another way to write a text."""

from keepers.crm.customers.models import CustomField

Kind = CustomField.Kind
TEXT, NUMBER, MONEY, DATE, YES_NO = (str(kind) for kind in (Kind.TEXT, Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.YES_NO))
NUMBERS = frozenset({NUMBER, MONEY})
_SAID = {TEXT: "a text", NUMBER: "a number", MONEY: "money", DATE: "a day", YES_NO: "yes or no"}


def kind_for(kind: str) -> str:
    """The kind by which a formula computes with a field that holds this."""
    return kind if kind in _SAID else TEXT


def said(kind: str) -> str:
    """In words."""
    return _SAID[kind]
