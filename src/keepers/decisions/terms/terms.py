"""The terms of a plan: what contacts cost, what they are taken to do, and what there is to spend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from keepers.core.errors import KeepersError
from keepers.decisions.terms.effects import ASSUMED, Floats, Multiplier, weakest

LEVELS = ("basic", "reactive", "accountable", "proactive", "partnership")
MAILING, OFFER = "mailing", "offer"
MONEY, HOURS, MAILINGS, CALLS, VISITS = RESOURCES = ("money", "hours", "mailings", "calls", "visits")


class InvalidTermsError(KeepersError):
    """The terms of a plan cannot be used."""


@dataclass(frozen=True, slots=True)
class Level:
    """One way to look after a customer for a year.

    cost: of its contacts [money a year]
    hours: of staff [hours a year]
    calls, visits: how many [a year]
    orders, leaving: what it multiplies: how often somebody orders, and how fast customers leave
    """

    name: str
    cost: float = 0.0
    hours: float = 0.0
    calls: float = 0.0
    visits: float = 0.0
    orders: Multiplier = field(default_factory=Multiplier)
    leaving: Multiplier = field(default_factory=Multiplier)


@dataclass(frozen=True, slots=True)
class Mailing:
    """Letters and catalogs: n a year multiply the purchase rate by 1 + (most − 1) · n ÷ (n + half).

    cost: of one [money]
    choices: how many a year may be sent, rising from 0 [a year]
    learned: what experiments say of these numbers a year, in place of the curve
    """

    cost: float
    choices: tuple[int, ...]
    most: Multiplier
    half: float
    learned: Mapping[int, Multiplier] = field(default_factory=dict)

    def share(self, count: int) -> float:
        """Which part of what mailings can do so many a year do."""
        return count / (count + self.half)

    def at(self, count: int) -> Multiplier:
        """What so many a year multiply the purchase rate by."""
        if count in self.learned:
            return self.learned[count]
        share, most = self.share(count), self.most
        mean, low, high = (1.0 + share * (point - 1.0) for point in (most.mean, most.low, most.high))
        return replace(most, mean=mean, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Offer:
    """A personal offer to somebody gone or going: `returns` multiplies the chance of return within the year."""

    cost: float
    hours: float
    returns: Multiplier


@dataclass(frozen=True, slots=True)
class Promotion:
    """Telling somebody of one product, with a discount or without.

    cost: of telling one customer [money]
    discount: off the price [share]
    buys: by how much it multiplies the odds that they buy it soon [factor]
    elasticity: of those odds to the price: a discount multiplies them by (1 − discount) to the power of −elasticity
    """

    cost: float = 0.0
    discount: float = 0.0
    buys: Multiplier = field(default_factory=Multiplier)
    elasticity: Multiplier = field(default_factory=Multiplier)

    @property
    def evidence(self) -> str:
        """What the effect rests on."""
        effects = [self.buys, self.elasticity] if self.discount else [self.buys]
        return weakest([effect.evidence for effect in effects])

    def odds(self, strengths: Floats) -> Floats:
        """(n,) by how much it multiplies the odds of a purchase at these strengths [factor]; it rises with them."""
        found: Floats = self.buys.at(strengths) * (1 - self.discount) ** -self.elasticity.at(strengths)
        return found


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something to try before giving up on a customer.

    action: in words
    cost: [money]
    saves: share of the cost to serve that it saves
    once_only: for customers with a single order
    """

    action: str
    cost: float = 0.0
    orders: Multiplier = field(default_factory=Multiplier)
    leaving: Multiplier = field(default_factory=Multiplier)
    saves: float = 0.0
    once_only: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A standing trial: of customers with whom an action is in doubt a share gets it or does without, by lot.

    weeks: how long each keeps what the lot gave
    """

    share: float = 0.0
    weeks: int = 26


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything a plan takes for granted, and its limits.

    cost_to_serve: of every customer whatever the level [money a year]
    cost_of_an_hour: of staff [money]
    now_level, now_mailings: what everybody gets today
    exploration: share of the customers that a workspace's plan lets explore by lot
    trial: what a workspace keeps on trial
    caps: at most so much of each of `RESOURCES` a year; one that is not there has no limit
    """

    levels: tuple[Level, ...]
    mailing: Mailing
    offer: Offer
    remedies: tuple[Remedy, ...] = ()
    cost_to_serve: float = 0.0
    cost_of_an_hour: float = 0.0
    now_level: str = "basic"
    now_mailings: int = 0
    exploration: float = 0.0
    trial: Trial = field(default_factory=Trial)
    caps: Mapping[str, float] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    promotion: Promotion = field(default_factory=Promotion)

    def level(self, name: str) -> Level:
        """The level of this name."""
        return next(level for level in self.levels if level.name == name)


@dataclass(frozen=True, slots=True)
class Option:
    """What can be done about a customer for a year, and what it uses up.

    level, mailings: the treatment; `offer`: a personal offer instead
    uses: of each of `RESOURCES` [its unit a year]
    """

    level: Level
    mailings: int
    uses: tuple[float, ...]
    offer: bool = False
    evidence: str = "assumed"

    @property
    def cost(self) -> float:
        """Money a year."""
        return self.uses[0]

    @property
    def hours(self) -> float:
        """Staff hours a year."""
        return self.uses[1]


def options_of(terms: Terms) -> tuple[Option, ...]:
    """Every level with every number of mailings, and the offer; the first costs nothing and does nothing."""
    found = [_treatment(terms, level, mailings) for level in terms.levels for mailings in terms.mailing.choices]
    offer, basic = terms.offer, terms.levels[0]
    cost = offer.cost + terms.cost_of_an_hour * offer.hours
    uses = (cost, offer.hours, 1.0, 0.0, 0.0)
    return (*found, Option(basic, 0, uses, offer=True, evidence=offer.returns.evidence))


def with_measured(
    terms: Terms,
    measured: Mapping[str, Multiplier],
    *,
    mailings: Mapping[int, Multiplier] | None = None,
    leaving: Mapping[str, Multiplier] | None = None,
) -> Terms:
    """The terms with what experiments measured in place of what was assumed; what the user gave stays.

    Of a level that was measured nothing that is assumed of leaving is left: orders counted over a long window hold
    already what fewer leavers bring.

    Args:
        terms: assumed or given.
        measured: what an action does to orders, by its name: `MAILING` or a level's; `OFFER`: to returns within
            a year. Others are of no use here.
        mailings: what numbers of mailings a year do to orders, where experiments told.
        leaving: what a level does to leaving, told apart from what it does to orders.
    """
    mailing, offer = terms.mailing, terms.offer
    if MAILING in measured and not is_told(terms, MAILING):
        mailing = replace(mailing, most=measured[MAILING], learned=mailings or {})
    if OFFER in measured and not is_told(terms, OFFER):
        offer = replace(offer, returns=measured[OFFER])
    levels = tuple(_with_measured(terms, level, measured, leaving or {}) for level in terms.levels)
    return replace(terms, mailing=mailing, offer=offer, levels=levels)


def is_told(terms: Terms, action: str) -> bool:
    """Whether the costs file says what an action does, which then counts before anything learned."""
    return _is_given(terms, told_as(action))


def told_as(action: str) -> str:
    """What the costs file calls the effect of an action."""
    return {MAILING: "mailing.most", OFFER: "offer.returns"}.get(action, f"levels.{action}.orders")


def is_untried(terms: Terms, option: Option) -> bool:
    """Whether what an option, or a part of it, does to orders is mostly assumed, and not told in the costs file.

    It is as long as lots took less than half of the doubt about it (`effects.MOSTLY`), and did not move it far
    (`effects.FAR`). What everybody gets today is no trial.
    """
    parts = [(OFFER, terms.offer.returns)] * option.offer
    parts += [(option.level.name, option.level.orders)] * (option.level.name not in {terms.now_level, LEVELS[0]})
    parts += [(MAILING, terms.mailing.at(option.mailings))] * (option.mailings > terms.now_mailings)
    return any(effect.evidence == ASSUMED and not is_told(terms, name) for name, effect in parts)


def uses_of(options: Sequence[Option]) -> Floats:
    """(options, resources) what each uses up."""
    return np.array([option.uses for option in options], dtype=np.float64)


def _with_measured(
    terms: Terms, level: Level, measured: Mapping[str, Multiplier], apart: Mapping[str, Multiplier]
) -> Level:
    within = f"levels.{level.name}"
    if level.name not in measured or level is terms.levels[0] or is_told(terms, level.name):
        return level
    given = _is_given(terms, f"{within}.leaving")
    leaving = level.leaving if given else apart.get(level.name, Multiplier())
    return replace(level, orders=measured[level.name], leaving=leaving)


def _is_given(terms: Terms, effect: str) -> bool:
    return any(name == effect or name.startswith(f"{effect}.") for name in terms.given)


def _treatment(terms: Terms, level: Level, mailings: int) -> Option:
    cost = level.cost + terms.cost_of_an_hour * level.hours + mailings * terms.mailing.cost
    effects = [each for each in (level.orders, level.leaving) if not each.changes_nothing]
    effects += [terms.mailing.at(mailings)] * (mailings > 0)
    uses = (cost, level.hours, float(mailings), level.calls, level.visits)
    return Option(level, mailings, uses, evidence=weakest([effect.evidence for effect in effects]))


def check_terms(terms: Terms) -> Terms:
    """The terms, if they can be used.

    Raises:
        InvalidTermsError: basic is not free, something costs less than nothing, or a cap is of nothing known.
    """
    basic = terms.levels[0]
    if basic.cost or basic.hours or not (basic.orders.changes_nothing and basic.leaving.changes_nothing):
        raise InvalidTermsError("The level basic is doing nothing: it costs nothing and changes nothing. Leave it out.")
    amounts: list[tuple[str, float]] = [("cost_to_serve", terms.cost_to_serve), ("mailing", terms.mailing.cost)]
    amounts += [(f"levels.{level.name}", value) for level in terms.levels for value in (level.cost, level.hours)]
    amounts += [("offer", terms.offer.cost), ("cost_of_an_hour", terms.cost_of_an_hour), *terms.caps.items()]
    amounts += [(f"levels.{level.name}", count) for level in terms.levels for count in (level.calls, level.visits)]
    amounts += [
        ("offer.hours", terms.offer.hours),
        ("promotion", terms.promotion.cost),
        *((f'remedy "{each.action}"', each.cost) for each in terms.remedies),
    ]
    if below := [name for name, value in amounts if not 0 <= value < 1e15]:
        raise InvalidTermsError(f"A cost or limit of {below[0]} is below zero or no number. Write 0 or more.")
    if terms.mailing.choices[:1] != (0,) or list(terms.mailing.choices) != sorted(set(terms.mailing.choices)):
        raise InvalidTermsError("mailing.choices are numbers of mailings a year, rising from 0: [0, 2, 4, 8, 12].")
    if terms.mailing.half <= 0:
        raise InvalidTermsError("mailing.half is how many mailings do half of what they can: write a number above 0.")
    if terms.now_mailings not in terms.mailing.choices:
        choices = ", ".join(map(str, terms.mailing.choices))
        raise InvalidTermsError(
            f"now.mailings is {terms.now_mailings}, which is none of mailing.choices ({choices}). Add it to them."
        )
    if not 0 <= terms.exploration <= 0.5:
        raise InvalidTermsError("exploration is the share of customers who explore by lot: write 0 to 0.5.")
    if not 0 <= terms.promotion.discount < 1:
        raise InvalidTermsError("promotion.discount is a share of the price: write 0 to below 1.")
    if not (0 <= terms.trial.share <= 1 and 1 <= terms.trial.weeks <= 520):
        raise InvalidTermsError("trial.share is a share of customers, 0 to 1; trial.weeks are 1 to 520.")
    if wrong := [each.action for each in terms.remedies if not 0 <= each.saves <= 1]:
        raise InvalidTermsError(f'The remedy "{wrong[0]}" saves a share of the cost to serve: write 0 to 1.')
    return terms


def as_json(terms: Terms) -> dict[str, Any]:
    """What a plan says of its terms, and which of them the user gave."""
    return {
        "cost_to_serve": terms.cost_to_serve,
        "levels": {level.name: {"cost": level.cost, "staff_hours": level.hours} for level in terms.levels},
        "caps": dict(terms.caps),
        "given": list(terms.given),
    }
