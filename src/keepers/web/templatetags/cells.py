"""The cells of a list: one small function a kind, because a page has hundreds of them."""

from collections.abc import Callable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from keepers.crm.lists.columns import Column
from keepers.web.templatetags import words

register = template.Library()

ALMOST_ONE = 0.99
WHOLE_FROM = 20  # orders to come that are told without decimals
Cell = Callable[[Column, Any, str, float], SafeString | str]


@register.simple_tag
def cell(column: Column, row: Any, currency: str, most: float) -> SafeString:
    """A row's cell in a column; `most` is where the bars of its intervals end."""
    inside = _KINDS[column.kind](column, row, currency, most)
    return format_html('<td class="of-{}{}">{}</td>', column.kind, " number" if column.is_number else "", inside)


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


def _between(column: Column, row: Any, _: str, __: float) -> SafeString | str:
    """A figure with its range in words beside it."""
    assert column.interval is not None
    value, (low, high) = column.figure(row), column.interval(row)
    if value is None:
        return words.NOTHING
    beside = f"{words.figures(low, 0)} – {words.figures(high, 0)}"
    mean = words.figures(value, 0 if value >= WHOLE_FROM else 1)
    return format_html('<span class="at">{}</span><span class="beside">{}</span>', mean, beside)


def _chance(column: Column, row: Any, _: str, __: float) -> SafeString | str:
    value = column.figure(row)
    if value is None:
        return words.NOTHING
    exact = words.figures(value, 2) if value < ALMOST_ONE else f"> {words.figures(ALMOST_ONE, 2)}"
    return format_html('<span class="at">{}</span><span class="beside">{}</span>', words.chance(value), exact)


def _group(column: Column, row: Any, _: str, __: float) -> SafeString:
    name = column.figure(row)
    return format_html('<span class="group {}">{}</span>', name, words.groupname(name))


def _money(column: Column, row: Any, currency: str, _: float) -> str:
    return words.money(column.figure(row), currency)


def _written(how: Callable[[Any], str]) -> Cell:
    return lambda column, row, _, __: how(column.figure(row))


_KINDS: Mapping[str, Cell] = {
    "interval": _interval,
    "between": _between,
    "chance": _chance,
    "group": _group,
    "money": _money,
    "count": _written(words.count),
    "day": _written(words.day),
    "figures": _written(words.figures),
    "text": _written(lambda text: text or words.NOTHING),
}
