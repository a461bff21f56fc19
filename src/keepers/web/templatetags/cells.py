"""The cells of a list: one small function a kind, because a page has hundreds of them."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from operator import attrgetter
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from lucide.templatetags.lucide import lucide

from keepers.crm.customers.templatetags.customer_words import written
from keepers.crm.lists.columns import Column
from keepers.crm.lists.listing import Listing
from keepers.crm.lists.rows import InPlace, Subject
from keepers.crm.portfolio.plan.words import in_words
from keepers.web.templatetags import words

register = template.Library()

ALMOST_ONE = 0.99
WHOLE_FROM = 20  # orders to come that are told without decimals
Cell = Callable[[Column, Any, str, float], SafeString | str]


@register.simple_tag
def cell(column: Column, row: Any, currency: str, most: float, in_place: InPlace | None = None) -> SafeString:
    """A row's cell in a column.

    Args:
        column: which.
        row: of the list.
        currency: of money.
        most: where the bars of intervals end.
        in_place: which rows' cells can be changed where they stand.
    """
    inside = _KINDS[column.kind](column, row, currency, most)
    if column.edit and in_place and (subject := in_place.subject(row)).pk in in_place.keys:
        address = reverse(in_place.address, args=[subject.pk, column.edit])
        words_of_it = _("Change %(label)s of %(name)s") % {"label": column.label, "name": subject.words}
        inside = format_html(_CHANGED, inside, address, address, column.label, _pencil(), words_of_it)
    number = " number" if column.is_number else ""
    return format_html('<td class="of-{}{}" data-label="{}">{}</td>', column.kind, number, column.label, inside)


@register.simple_tag
def subject_of(listing: Listing, row: Any) -> Subject:
    """What a row of a list is about."""
    return listing.definition.subject(row)


_CHANGED = (
    '<span class="property">{} <a class="change" href="{}" hx-get="{}" hx-target="closest .property" '
    'hx-swap="innerHTML" title="{}">{}<span class="for-readers">{}</span></a></span>'
)


@cache
def _pencil() -> SafeString:
    return SafeString(lucide("pencil", size=13, aria_hidden="true"))


def _interval(column: Column, row: Any, currency: str, most: float) -> SafeString | str:
    assert column.interval is not None
    value, (low, high) = column.figure(row), column.interval(row)
    if value is None:
        return words.NOTHING
    return format_html(
        '<span class="at">{}</span><span class="range" title="{}">{}</span><span class="for-readers">{}</span>',
        words.money(value, currency),
        words.money_range(low, high),
        words.interval_bar(value, low, high, 0, most),
        words.money_range(low, high),
    )


def _between(column: Column, row: Any, _currency: str, _most: float) -> SafeString | str:
    """A figure with its range in words beside it."""
    assert column.interval is not None
    value, (low, high) = column.figure(row), column.interval(row)
    if value is None:
        return words.NOTHING
    beside = f"{words.figures(low, 0)} – {words.figures(high, 0)}"
    return _with(words.figures(value, 0 if value >= WHOLE_FROM else 1), beside)


def _shares(column: Column, row: Any, _currency: str, _most: float) -> SafeString | str:
    """A share with its range in words beside it."""
    assert column.interval is not None
    low, high = column.interval(row)
    return _with(words.share(column.figure(row)), f"{words.share(low)} – {words.share(high)}")


def _chance(column: Column, row: Any, _currency: str, _most: float) -> SafeString | str:
    value = column.figure(row)
    if value is None:
        return words.NOTHING
    exact = words.figures(value, 2) if value < ALMOST_ONE else f"> {words.figures(ALMOST_ONE, 2)}"
    return _with(words.chance(value), exact)


def _with(at: str, beside: str) -> SafeString:
    return format_html('<span class="at">{}</span><span class="beside">{}</span>', at, beside)


def _group(column: Column, row: Any, _currency: str, _most: float) -> SafeString:
    name = column.figure(row)
    return format_html('<span class="group {}">{}</span>', name, words.groupname(name))


def _money(column: Column, row: Any, currency: str, _most: float) -> str:
    unit = attrgetter(column.unit)(row) if column.unit else currency
    return words.money(column.figure(row), unit)


def _linked(thing: Any) -> SafeString:
    return format_html('<a href="{}">{}</a>', thing.get_absolute_url(), thing)


def _written(how: Callable[[Any], SafeString | str]) -> Cell:
    return lambda column, row, _currency, _most: how(column.figure(row))


_KINDS: Mapping[str, Cell] = {
    "interval": _interval,
    "between": _between,
    "shares": _shares,
    "chance": _chance,
    "group": _group,
    "money": _money,
    "count": _written(words.count),
    "day": _written(words.day),
    "figures": _written(words.figures),
    "moment": _written(words.moment),
    "thing": _written(lambda thing: words.NOTHING if thing is None else _linked(thing)),
    "text": _written(lambda text: text or words.NOTHING),
    "planned": _written(lambda text: in_words(text) if text else words.NOTHING),
    "told": _written(lambda text: in_words(text) if text else words.NOTHING),
    "stage": _written(partial(written, "word")),
    "words": _written(partial(written, "words")),
    "yes-no": _written(partial(written, "yes-no")),
    "link": _written(partial(written, "link")),
    "number": _written(partial(written, "figures")),
}
