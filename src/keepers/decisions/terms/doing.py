"""The words by which lines of a plan say what is decided and done, and what of an action can be read from them."""

import re

from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.terms.terms import LEVELS, MAILING, OFFER

KEEP, GROW, WIN_BACK, CHEAPER, STOP, LET_GO = DECISIONS = (
    "keep", "grow", "win back", "serve cheaper", "stop spending", "let go",
)  # fmt: skip
GIVEN_UP = (STOP, LET_GO)
ASK = "propose to let go: a person decides"
NO_CONTACT = "no contact of our own"
SEND_OFFER = "send a personal offer"
PROMOTE = "promote"  # the decision whose actions are promotions of one product, or of one category, each
_PROMOTED = re.compile(rf"{PROMOTE} (?P<name>.*) \((?P<product>.+)\)")
_OF_CATEGORY = re.compile(rf"{PROMOTE} category (?P<category>.*), each their best")
_CARE = re.compile(rf"({'|'.join(LEVELS)}) care\b")
_MAILINGS = re.compile(r"(\d+) mailings a year")


def parts_of(action: str) -> tuple[str, ...]:
    """The parts that experiments tell apart: a level of care, `mailing`, `offer`; of other actions their own words.

    Nothing where the action is to do nothing, or a person is asked to decide.
    """
    if action in {NO_CONTACT, ASK, ""}:
        return ()
    if promotes(action):
        return (action,)
    care = _CARE.match(action)
    found = [care[1]] if care else []
    found += [MAILING] * ("mailings a year" in action)
    found += [OFFER] * (action == SEND_OFFER)
    return tuple(found) or (action,)


def mailings_of(action: str) -> int | None:
    """How many mailings a year an action sends; None where its words do not tell."""
    told = _MAILINGS.search(action)
    return int(told[1]) if told else None


def promotion_of(product_id: str, name: str | None) -> str:
    """The action that offers a product, as everybody names it."""
    return f"{PROMOTE} {as_part(name or '') or 'product'} ({as_part(product_id)})"


def promotion_of_category(category: str) -> str:
    """The action that offers everybody their best product of a category; no product's ends like it."""
    return f"{PROMOTE} category {as_part(category)}, each their best"


def as_part(name: str) -> str:
    """A name as part of an action: in one line, and without the plus that parts what is tried at once."""
    return " ".join("&" if word == "+" else word for word in name.split())


def promoted(action: str) -> str | None:
    """The id of the product that an action offers, `as_part` says it; None of other actions."""
    found = _PROMOTED.fullmatch(action)
    return found and found["product"]


def promotes(action: str) -> bool:
    """Whether an action offers a product, or of a category everybody's best."""
    return promoted(action) is not None or category_promoted(action) is not None


def category_promoted(action: str) -> str | None:
    """The category of whose products an action offers everybody their best; None of other actions."""
    found = _OF_CATEGORY.fullmatch(action)
    return found and found["category"]


def cost_within(action: str, cost: float | None, days: int) -> float | None:
    """What a year's action costs within a window of so many days [money]: offers are made once, the rest goes on."""
    if cost is None or parts_of(action) == (OFFER,) or promotes(action):
        return cost
    return cost * days / DAYS_PER_YEAR
