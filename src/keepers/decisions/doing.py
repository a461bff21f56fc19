"""What an action of a plan consists of, read from the words by which its lines say it."""

import re

from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.lines import ASK
from keepers.decisions.terms import LEVELS, MAILING

OFFER = "offer"
NO_CONTACT = "no contact of our own"
_CARE = re.compile(rf"({'|'.join(LEVELS)}) care\b")
_MAILINGS = re.compile(r"(\d+) mailings a year")


def parts_of(action: str) -> tuple[str, ...]:
    """The parts that experiments tell apart: a level of care, `mailing`, `offer`; of other actions their own words.

    Nothing where the action is to do nothing, or a person is asked to decide.
    """
    if action in {NO_CONTACT, ASK, ""}:
        return ()
    care = _CARE.match(action)
    found = [care[1]] if care else []
    found += [MAILING] * ("mailings a year" in action)
    found += [OFFER] * (action == "send a personal offer")
    return tuple(found) or (action,)


def mailings_of(action: str) -> int | None:
    """How many mailings a year an action sends; None where its words do not tell."""
    told = _MAILINGS.search(action)
    return int(told[1]) if told else None


def cost_within(action: str, cost: float | None, days: int) -> float | None:
    """What a year's action costs within a window of so many days [money]: an offer is made once, the rest goes on."""
    if cost is None or parts_of(action) == (OFFER,):
        return cost
    return cost * days / DAYS_PER_YEAR
