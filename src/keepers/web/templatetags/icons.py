"""The icons of the pages, each drawn once: the package would copy and write its drawing wherever it stands."""

from functools import lru_cache

from django import template
from lucide.templatetags.lucide import lucide as drawn

register = template.Library()


@register.simple_tag
def lucide(name: str, *, size: int = 24, **attributes: str) -> str:
    """The drawing as part of the page."""
    return _kept(name, size, **attributes)


@lru_cache(maxsize=512)
def _kept(name: str, size: int, **attributes: str) -> str:
    return drawn(name, size=size, **attributes)
