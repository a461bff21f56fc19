"""What `decisions.acquisition` learned, for a reader: how far to trust it, and why somebody is promising."""

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from keepers.decisions.acquisition.lookalikes import LookAlikes
from keepers.insight.wording import share

ATTRIBUTES: Mapping[str, Promise] = {
    "acquisition_source": _("came by %(word)s"),
    "city": _("city %(word)s"),
    "country": _("country %(word)s"),
}
NAMES: Mapping[str, Promise] = {
    "acquisition_source": _("what they came by"),
    "city": _("city"),
    "country": _("country"),
}
SENTENCES: Mapping[str, Promise] = {
    "nothing known of them moves it": _("nothing known of them moves it"),
    "what is known of them does not tell customers apart": _("what is known of them does not tell customers apart"),
}
_PARTS = re.compile("(?<=times the usual worth); ")  # what somebody is known by may hold a "; " of its own
_MOVES = re.compile(rf"(?:(?P<name>{'|'.join(ATTRIBUTES)}) )?(?P<word>.+): (?P<factor>\S+) times the usual worth")


def how_far_to_trust(learned: LookAlikes, *, named: bool) -> str:
    """How well it told customers apart who were not learned from; not `named`: without saying by which attributes."""
    judged, names = learned.judged, ", ".join(_called(each.name) for each in learned.attributes)
    if not judged.tells:
        told = gettext("What is known of people before they buy does not tell who will be worth more than others.")
        by = gettext("It was looked for by: %(names)s.") % {"names": names} if named else ""
        so = gettext("So prospects are not ranked: each is expected to be worth what a usual new customer is.")
        return " ".join(filter(None, (told, by, so)))
    tenth = judged.lifts[0]
    figures = {"held": share(tenth.held), "low": share(max(tenth.held_low, 0.0)), "high": share(tenth.held_high)}
    told = gettext(
        "Tried on customers whom it had not seen: the tenth that it would have chosen brought %(held)s of all worth "
        "(%(low)s to %(high)s); a tenth drawn by lot brings 10 %%."
    )
    if not named:
        return told % figures
    by = gettext("It goes by: %(names)s. By %(single)s alone it would be %(alone)s.")
    alone = {"names": names, "single": _called(judged.single), "alone": share(tenth.held_single)}
    return f"{told % figures} {by % alone}"


def in_words(reason: str) -> str:
    """The reason for a reader; attributes that a firm named itself keep their names."""
    if reason in SENTENCES:
        return str(SENTENCES[reason])
    return "; ".join(_MOVES.sub(_moves, part) for part in _PARTS.split(reason))


def _called(attribute: str) -> str:
    return str(NAMES.get(attribute, attribute))


def _moves(found: re.Match[str]) -> str:
    what = str(ATTRIBUTES[found["name"]]) % found.groupdict() if found["name"] else found["word"]
    return gettext("%(what)s: %(factor)s times the usual worth") % {"what": what, "factor": found["factor"]}
