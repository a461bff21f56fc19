"""Why somebody is more or less promising than others, as `decisions.acquisition` tells it, in a reader's language."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

ATTRIBUTES: Mapping[str, Promise] = {
    "acquisition_source": _("came by %(word)s"),
    "city": _("city %(word)s"),
    "country": _("country %(word)s"),
}
SENTENCES: Mapping[str, Promise] = {
    "nothing known of them moves it": _("nothing known of them moves it"),
    "what is known of them does not tell customers apart": _("what is known of them does not tell customers apart"),
}
_PARTS = re.compile("(?<=times the usual worth); ")  # what somebody is known by may hold a "; " of its own
_MOVES = re.compile(rf"(?:(?P<name>{'|'.join(ATTRIBUTES)}) )?(?P<word>.+): (?P<factor>\S+) times the usual worth")


def in_words(reason: str) -> str:
    """The reason for a reader; attributes that a firm named itself keep their names."""
    if reason in SENTENCES:
        return str(SENTENCES[reason])
    return "; ".join(_MOVES.sub(_moves, part) for part in _PARTS.split(reason))


def _moves(found: re.Match[str]) -> str:
    what = str(ATTRIBUTES[found["name"]]) % found.groupdict() if found["name"] else found["word"]
    return gettext("%(what)s: %(factor)s times the usual worth") % {"what": what, "factor": found["factor"]}
