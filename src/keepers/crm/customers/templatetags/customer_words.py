"""How what is known of customers is written on pages."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django import template
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from keepers.crm.customers.computed.sources import Source, roll_up_of
from keepers.crm.customers.models import ContactPoint, Customer, CustomField
from keepers.crm.customers.properties import KINDS, Property
from keepers.crm.customers.reach import phone_in_words

register = template.Library()

NOTHING = "–"
WORDS = dict([*Customer.Kind.choices, *Customer.Stage.choices])


@register.filter
def named(customer: Customer, hidden: Collection[str]) -> str:
    """A customer's name, for whom it is not hidden from."""
    return _("their page") if "name" in hidden else str(customer)


@register.simple_tag
def told_value(told: Property, value: Any) -> SafeString | str:
    """What a customer has in a property, as people read it."""
    return written(told.kind, value)


@register.simple_tag
def computed_value(kind: str, value: Any) -> SafeString | str:
    """What a formula says, by the kind that comes out."""
    return written(KINDS[CustomField.Kind(kind)], value)


@register.simple_tag
def roll_up_in_words(field: CustomField) -> str:
    """Timeline: how many, in the last 90 days, Call; nothing for what is no roll-up."""
    if field.kind != CustomField.Kind.ROLL_UP:
        return ""
    rolled = roll_up_of(field.roll_up)
    asked = [str(_words(rolled.source, name, value)) for name, value in rolled.where.items()]
    window = [] if rolled.days is None else [_("in the last %(days)d days") % {"days": rolled.days}]
    return f"{rolled.source.label}: {', '.join([str(rolled.measure.label), *window, *asked])}"


@register.simple_tag
def contact_link(point: ContactPoint) -> SafeString | str:
    """A contact point that can be used with one click, where it is right."""
    if point.problem:
        return point.written
    if point.kind == ContactPoint.Kind.EMAIL:
        return format_html('<a href="mailto:{}">{}</a>', quote(point.value, safe="@+"), point.value)
    if point.kind == ContactPoint.Kind.PHONE:
        return format_html('<a href="tel:{}">{}</a>', quote(point.value, safe="+;="), phone_in_words(point.value))
    return _link(point.value)


def written(kind: str, value: Any) -> SafeString | str:
    """A value of a kind of property."""
    if value is None or value in ("", []):
        return NOTHING
    if kind == "words":
        return format_html_join(" ", '<span class="tag">{}</span>', ((word,) for word in value))
    if kind == "yes-no":
        return _("yes") if value else _("no")
    if kind == "link":
        return _link(value)
    if kind == "day":
        return date_format(value, "j M Y") if isinstance(value, date) else str(value)
    if kind in {"figures", "money"}:
        return number_format(Decimal(f"{value.normalize():f}"), force_grouping=True)
    return str(WORDS.get(value, value)) if kind == "word" else str(value)


def _words(source: Source, name: str, value: str) -> object:
    known = next((dict(each.choices) for each in source.conditions if each.name == name), {})
    return known.get(value, value)


def _link(value: str) -> SafeString | str:
    if not value.startswith(("http://", "https://")):
        return value
    return format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', value, value.partition("://")[2])
