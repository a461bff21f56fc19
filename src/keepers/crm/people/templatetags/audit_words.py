"""How rows of the audit log are written."""

from django import template
from django.utils.translation import gettext as _

from keepers.crm.people.roles import Noun

register = template.Library()

NOTHING = "–"


@register.filter
def noun_words(noun: str) -> str:
    """What a kind of thing is called."""
    return str(Noun(noun).label) if noun in Noun.values else noun


@register.filter
def change_words(change: object) -> str:
    """A change: what stood there before and what stands there now, or only what was told of it."""
    match change:
        case [before, after]:
            return f"{_plain(before)} → {_plain(after)}"
        case list():
            return ", ".join(map(_plain, change))
        case _:
            return _plain(change)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items()) or NOTHING
    return NOTHING if value in (None, "", []) else str(value)
