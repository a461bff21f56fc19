"""A shop by rules that the engine does not assume: the truth behind `python -m bench --only shop`.

Weeks. A customer is keen, lukewarm or away, and moves between the three at a pace of their own; who is away may come
back. Life events change how much somebody buys for good. Christmas and summer move everybody. Baskets are heavy-tailed.
Every order may bring a friend who is much like the one who told them. Of five actions one works on some and not on
others, one keeps people, one brings some back, one does nothing, and one tires people and drives them away.

All customers draw from random numbers that belong to them and their week, so that two policies meet the same luck.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]

KEEN, LUKEWARM, AWAY = range(3)
CATALOG, EMAIL, COUPON, CALL, OFFER = ACTIONS = ("catalog", "email", "coupon", "call", "offer")
# what each costs a customer and round of eight weeks [money]; the same for plans and for rules
COSTS = {CATALOG: 0.90, EMAIL: 0.16, COUPON: 1.00, CALL: 5.00, OFFER: 1.50}
MARGIN = 0.35
ROUND = 8  # weeks
ARRIVALS_BEFORE, ARRIVALS = 40.0, 10.0  # new customers a week, in the history and afterwards
SEATS, FRIENDS_FROM = 9_000, 7_000  # customers that there may ever be; from there on friends of others

KEEN_RATE = 0.16  # orders a week, mean over customers
CALM = 0.3  # rate of the lukewarm beside the keen
TIRES, WARMS = 0.03, 0.03  # keen to lukewarm and back, a week
LEAVES_LUKEWARM, LEAVES_KEEN = 0.025, 0.006  # to away, a week
RETURNS = 0.004  # away to lukewarm, a week
LIFE_EVENT = 0.004  # a week
FRIEND = 0.012  # chance that an order brings somebody
PRINT_SHARE = 0.4  # customers who came by print
ANSWERS_PRINT, ANSWERS_WEB = 0.9, 0.15  # mean answer to catalogs by where they came from
CATALOG_LIFT, CATALOG_WEEKS = 0.45, 5  # on the rate, × answer, in the weeks after
EMAIL_LIFT, EMAIL_TIRES = 0.03, 1.6  # on the rate; on the chance to leave
CALL_LIFT, CALL_KEEPS, CALL_RETURNS = 0.10, 0.5, 3.0  # on the rate; on the chance to leave; on that to come back
OFFER_RETURNS = 2.0  # on the chance to come back


@dataclass(slots=True)
class World:
    """The shop at the beginning of a week; everything about customers is (SEATS,), unused seats included."""

    seed: int
    week: int = 0
    state: Integers = field(default_factory=lambda: np.full(SEATS, KEEN))
    since: Integers = field(default_factory=lambda: np.full(SEATS, 1 << 30))  # week of arrival
    from_print: Flags = field(default_factory=lambda: np.zeros(SEATS, dtype=bool))
    rate: Floats = field(default_factory=lambda: np.zeros(SEATS))
    pace: Floats = field(default_factory=lambda: np.ones(SEATS))  # of leaving
    basket: Floats = field(default_factory=lambda: np.ones(SEATS))  # usual one [money]
    answers: Floats = field(default_factory=lambda: np.zeros(SEATS))  # to catalogs
    people: int = 0
    friends: int = 0

    def copied(self, seed: int) -> "World":
        """The same shop with other luck to come."""
        same = {name: getattr(self, name).copy() for name in ("state", "since", "from_print", "rate", "pace")}
        same |= {name: getattr(self, name).copy() for name in ("basket", "answers")}
        return World(seed, self.week, people=self.people, friends=self.friends, **same)

    def live(self, weeks: int, actions: Mapping[str, Flags], *, arrivals: float) -> "Sales":
        """Some weeks under actions, each (SEATS,) whom it reaches in the first of them."""
        found = [self._week(place, actions, arrivals) for place in range(weeks)]
        return Sales(*(np.concatenate([getattr(each, name) for each in found]) for name in ("who", "day", "amount")))

    def _week(self, place: int, actions: Mapping[str, Flags], arrivals: float) -> "Sales":
        luck = np.random.default_rng([self.seed, self.week])
        self._arrive(int(luck.poisson(arrivals)))
        moving, event, orders, tail, told = luck.random((5, SEATS))
        ordinary, change, day = luck.standard_normal(SEATS), luck.standard_normal(SEATS), luck.integers(0, 7, SEATS)
        first = self.since == self.week
        self._move(moving, actions)
        happens = (event < LIFE_EVENT) & ~first
        self.rate[happens] *= np.exp(0.8 * change[happens])
        here = self.since <= self.week
        buys = here & (first | (orders < 1.0 - np.exp(-self._rates(place, actions))))
        amount = self.basket * np.exp(0.5 * ordinary - 0.125)
        amount = np.where(tail < 0.03, amount * (1.0 + 2.0 * (tail / 0.03) ** (-1 / 1.8)), amount)  # now and then a lot
        who = np.flatnonzero(buys)
        sales = Sales(who, 7 * self.week + day[who], np.minimum(amount[who], 20_000.0))
        for friend in who[told[who] < FRIEND]:
            self._bring_friend(int(friend))
        self.week += 1
        return sales

    def _arrive(self, count: int) -> None:
        seats = np.arange(self.people, min(self.people + count, FRIENDS_FROM))
        self._seat(seats, self.week)
        self.people += len(seats)

    def _bring_friend(self, teller: int) -> None:
        """Somebody between what new customers are and what the one who told them is, from next week on."""
        seat = np.arange(FRIENDS_FROM + self.friends, min(FRIENDS_FROM + self.friends + 1, SEATS))
        self._seat(seat, self.week + 1)
        self.from_print[seat] = self.from_print[teller]
        self.rate[seat] = np.sqrt(self.rate[seat] * self.rate[teller])
        self.basket[seat] = np.sqrt(self.basket[seat] * self.basket[teller])
        self.friends += len(seat)

    def _seat(self, seats: Integers, week: int) -> None:
        own, size = np.random.default_rng([self.seed, *seats[:1]]), len(seats)
        self.from_print[seats] = own.random(size) < PRINT_SHARE
        self.rate[seats] = own.gamma(1.5, KEEN_RATE / 1.5, size)
        self.pace[seats] = np.exp(own.normal(0.0, 0.5, size))
        self.basket[seats] = 34.0 * np.exp(own.normal(0.0, 0.6, size))
        answers = np.where(self.from_print[seats], ANSWERS_PRINT, ANSWERS_WEB)
        self.answers[seats] = answers * own.gamma(2.0, 0.5, size)
        self.since[seats] = week

    def _move(self, moving: Floats, actions: Mapping[str, Flags]) -> None:
        """States change; actions of the round make leaving and coming back more or less probable."""
        leaving = self.pace * np.where(actions.get(EMAIL, False), EMAIL_TIRES, 1.0)
        leaving = leaving * np.where(actions.get(CALL, False), CALL_KEEPS, 1.0)
        back = np.where(actions.get(CALL, False), CALL_RETURNS, 1.0) * np.where(
            actions.get(OFFER, False), OFFER_RETURNS, 1.0
        )
        keen, lukewarm, away = (self.state == which for which in (KEEN, LUKEWARM, AWAY))
        here = self.since < self.week
        goes = np.where(keen, LEAVES_KEEN, LEAVES_LUKEWARM) * leaving
        turns = np.where(keen, TIRES, WARMS)
        self.state[here & away & (moving < RETURNS * back)] = LUKEWARM
        self.state[here & ~away & (moving < goes)] = AWAY
        between = here & ~away & (moving >= goes) & (moving < goes + turns)
        self.state[between & keen], self.state[between & lukewarm] = LUKEWARM, KEEN

    def _rates(self, place: int, actions: Mapping[str, Flags]) -> Floats:
        season = 1.0 + 1.2 * (self.week % 52 in range(45, 51)) - 0.3 * (self.week % 52 in range(26, 33))
        rate = season * self.rate * np.array([1.0, CALM, 0.0])[self.state]
        if CATALOG in actions and place < CATALOG_WEEKS:
            rate = rate * np.where(actions[CATALOG], 1.0 + CATALOG_LIFT * self.answers, 1.0)
        rate = rate * np.where(actions.get(EMAIL, False), 1.0 + EMAIL_LIFT, 1.0)
        return np.asarray(rate * np.where(actions.get(CALL, False), 1.0 + CALL_LIFT, 1.0))


@dataclass(frozen=True, slots=True)
class Sales:
    """Orders: (k,) seat of the customer, day since the beginning, and amount [money]."""

    who: Integers
    day: Integers
    amount: Floats
