"""How figures are written on every page: money, chances, shares, counts, days; what is missing is a dash."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from typing import Any

from django import template
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from keepers.core import money as amounts
from keepers.crm.portfolio.groups import GROUP_NAMES

register = template.Library()

NOTHING = "–"
BAR_WIDTH, BAR_HEIGHT, BAR_LINE = 96, 12, 6


@register.filter
def money(amount: float | None, currency: str | None = None) -> str:
    """€1.84 m, €412, €4.20."""
    return amounts.money(amount, currency or None)


@register.filter
def money_range(low: float | None, high: float | None) -> str:
    """268 – 640."""
    return amounts.money_range(low, high)


@register.filter
def chance(probability: float | None) -> str:
    """7 in 10."""
    if probability is None or not isfinite(probability):
        return NOTHING
    tenths = round(probability * 10)
    if tenths == 0:
        return _("fewer than 1 in 10")
    if tenths == 10:
        return _("more than 9 in 10")
    return _("%(tenths)d in 10") % {"tenths": tenths}


@register.filter
def share(part: float | None, decimals: int = 0) -> str:
    """71 %."""
    if part is None or not isfinite(part):
        return NOTHING
    return f"{number_format(round(100 * part, decimals), decimals)} %"


@register.filter
def size(number: float) -> float:
    """Without its sign."""
    return abs(number)


@register.filter
def count(number: float | None) -> str:
    """2,469."""
    return NOTHING if number is None or not isfinite(number) else number_format(round(number), 0, force_grouping=True)


@register.filter
def figures(number: float | None, decimals: int = 1) -> str:
    """0.7, 12.4."""
    if number is None or not isfinite(number):
        return NOTHING
    return number_format(round(number, decimals), decimals, force_grouping=True)


@register.filter
def day(when: date | None) -> str:
    """12 Aug 2026."""
    if when is None:
        return NOTHING
    month = pgettext("month", f"{when:%b}")
    return f"{when.day} {month} {when.year}"


def moment(when: datetime | None) -> str:
    """12 Aug 2026 14:05, as clocks here show it."""
    if when is None:
        return NOTHING
    here = timezone.localtime(when)
    return f"{day(here)} {here:%H:%M}"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a kind, still without its currency."""

    number: Any
    kind: str

    def __str__(self) -> str:
        return self.written(None)

    def written(self, currency: str | None) -> str:
        """As it is read, with the sign of the currency where it is money."""
        return money(self.number, currency) if self.kind == "money" else _KINDS[self.kind](self.number)


_KINDS: dict[str, Callable[[Any], str]] = {
    "count": count,
    "share": share,
    "chance": chance,
    "day": day,
    "figures": figures,
}


@register.filter
def figure(number: Any, kind: str) -> Figure:
    """A number of a kind: money, count, share, chance, day or figures."""
    return Figure(number, kind)


@register.filter
def in_currency(value: Figure, currency: str) -> str:
    """The figure as it is read, its currency known."""
    return value.written(currency)


@register.filter
def figure_range(low: Any, high: Any) -> str:
    """268 – 640, of money; other figures as they are."""
    if isinstance(low, date) or isinstance(high, date):
        return f"{day(low)} – {day(high)}"
    return amounts.money_range(low, high)


@register.filter
def groupname(name: str) -> str:
    """The group's word in the reader's language."""
    return str(GROUP_NAMES.get(name, name or NOTHING))


@register.simple_tag
def interval_bar(
    value: float | None, low: float | None, high: float | None, least: float | None = 0, most: float | None = None
) -> SafeString | str:
    """A thin bar from low to high on a scale from least to most, with a mark at the value; for eyes only."""
    ends = [number for number in (value, low, high, least, most) if number is None or not isfinite(number)]
    if ends or most is None or least is None or most <= least:
        return ""
    assert value is not None
    assert low is not None
    assert high is not None

    def place(number: float) -> float:
        inside = min(max(number, least), most)
        return round((inside - least) / (most - least) * (BAR_WIDTH - 4) + 2, 1)

    return format_html(
        '<svg class="interval-bar" width="{w}" height="{h}" viewBox="0 0 {w} {h}" aria-hidden="true">'
        '<rect class="interval-track" x="0" y="{y}" width="{w}" height="1"/>'
        '<rect class="interval-range" x="{low}" y="{top}" width="{range}" height="4" rx="2"/>'
        '<rect class="interval-mark" x="{mark}" y="{first}" width="2" height="10" rx="1"/></svg>',
        w=BAR_WIDTH,
        h=BAR_HEIGHT,
        y=BAR_LINE,
        top=BAR_LINE - 1.5,
        first=BAR_LINE - 4.5,
        low=place(low),
        range=max(2, round(place(high) - place(low), 1)),
        mark=round(place(value) - 1, 1),
    )


@register.simple_tag(takes_context=True)
def again(context: template.Context, block: str) -> SafeString:
    """The content of a block that the page fills, once more: the title is also the heading."""
    found = context.render_context[BLOCK_CONTEXT_KEY].get_block(block)
    rendered: str = found.render(context)
    return mark_safe(rendered)  # noqa: S308 - rendered by the template engine itself
