"""How the cells of order lines, columns and kinds of lines are written."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django import template
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.data.heads import COLUMN_WORDS
from keepers.ingest.report import ASKED, CONFIRMED

register = template.Library()

NOTHING = "–"

KINDS: Mapping[str, Promise] = {
    "sale": _("Sales"),
    "return": _("Returns"),
    "postage": _("Postage"),
    "fee": _("Fees"),
    "adjustment": _("Adjustments"),
}
REASONS: Mapping[str, Promise] = {ASKED: _("asked for with --map"), CONFIRMED: _("confirmed on the page")}
LINE_COLUMNS: Mapping[str, Promise] = {
    "external_id": _("Customer"),
    "ordered_on": _("Day"),
    "line_kind": _("Kind"),
    "revenue": _("Revenue, net"),
}


@register.filter
def column_words(name: str) -> str | Promise:
    """What a column of order lines is called."""
    return LINE_COLUMNS.get(name, COLUMN_WORDS.get(name, name.replace("_", " ")))


@register.filter
def why_words(why: str, column: str) -> str | Promise:
    """Why a header was taken for a column, with the column's word instead of its name."""
    return REASONS.get(why) or why.replace(f" for {column};", f" for “{COLUMN_WORDS.get(column, column)}”;")


@register.filter
def kind_words(name: str) -> str | Promise:
    """What a kind of line is called."""
    return KINDS.get(name, name)


@register.filter
def cell(value: object) -> str:
    """A cell of an order line."""
    if value is None:
        return NOTHING
    if isinstance(value, date):
        return date_format(value, "j M Y")
    if isinstance(value, Decimal):
        return number_format(value, 2, force_grouping=True)
    if isinstance(value, float):
        return number_format(value, 0 if value.is_integer() else 2)
    return str(value)


@register.filter
def parameter(value: object) -> str:
    """A parameter of a model, with four digits that count."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
