"""What each customer is expected to order from now on, draw by draw, and what becomes of it when rates change.

A contact that is kept up for a year multiplies the purchase rate by m and the rate of leaving by c within that year;
afterwards both are as before, and what remains is that more are still customers. With τ = c·t the year of a customer
who leaves c times as fast is a stretch c·H of their usual life (H the year, δ the discount rate, D(·) the discounted
orders at the usual rates from now):

    within the year   m/c · D(0 … cH, at rate δ/c)
    afterwards        e^(−δ(1−c)H) · D(cH … cH + cap − H, at rate δ)

which is exact where leaving and ordering are chances in time (Pareto/NBD) and where the chance of leaving after an
order changes in proportion (BG/NBD, MBG/NBD); with even gaps (k > 1) an approximation. Under a calendar the shares of
the usual stream that these make are taken from the model without it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import exp
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from keepers.clv.histories import Histories
from keepers.clv.model import PurchaseModel
from keepers.decisions.standing import Ahead, Part
from keepers.decisions.terms.effects import Floats

_TINY = 1e-300
_RULE = np.polynomial.legendre.leggauss(8)
_SAME = 1e-12


@dataclass(frozen=True, slots=True)
class Streams:
    """The usual future of some customers, (draws, m) each.

    within: discounted orders within the plan's year [orders]
    beyond: discounted orders from then to the value cap [orders]
    served, served_beyond: discounted time as a customer, within the year and from then to the cap [time unit]
    alive: P(still a customer) [0–1]
    """

    within: Floats
    beyond: Floats
    served: Floats
    served_beyond: Floats
    alive: Floats


@dataclass(frozen=True, slots=True)
class Changes:
    """What leaving c times as fast for a year makes of the usual future, (draws, m) each [factor].

    within: on the orders of the year, beside the multiplier on the purchase rate
    beyond: on those afterwards
    """

    within: Floats
    beyond: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Leaving:
    """What leaving faster or slower for a year does to customers, found once for those who are alike.

    kinds: those that differ; place: (m,) which of them each customer is
    found: by factors of leaving, what was found already, for each kind
    usual: by draw, discounted orders of each kind at the usual rate of leaving: of the year, and from then to the cap
    """

    part: Part
    ahead: Ahead
    kinds: Histories
    place: NDArray[np.int64]
    found: dict[bytes, Changes]
    usual: dict[int, tuple[Floats, Floats]]

    @classmethod
    def of(cls, part: Part, ahead: Ahead) -> Self:
        """Of all the part's customers."""
        kinds, place = _kinds(part.histories)
        return cls(part, ahead, kinds, place, {}, {})

    def at(self, rows: NDArray[np.int64]) -> "Leaving":
        """Of some of them, with what was found already."""
        return replace(self, place=self.place[rows])

    def changes(self, leaving: Floats) -> Changes:
        """What multiplying the rate of leaving by `leaving` (draws,) for a year does."""
        key = leaving.tobytes()
        if key not in self.found:
            self.found[key] = self._of_kinds(leaving)
        found = self.found[key]
        return Changes(found.within[:, self.place], found.beyond[:, self.place])

    def _of_kinds(self, leaving: Floats) -> Changes:
        within, beyond = (np.ones((len(self.part.draws), len(self.kinds))) for _ in range(2))
        for d, factor in enumerate(leaving):
            if abs(factor - 1.0) > _SAME:
                within[d], beyond[d] = self._changed(d, float(factor))
        return Changes(within, beyond)

    def _changed(self, d: int, factor: float) -> tuple[Floats, Floats]:
        rate, year, later = self.ahead.discount_rate, self.ahead.year, self.ahead.value_cap - self.ahead.year
        if d not in self.usual:
            self.usual[d] = self._orders(d, year, 0.0, rate), self._orders(d, later, year, rate)
        usual_within, usual_beyond = (np.maximum(orders, _TINY) for orders in self.usual[d])
        within = self._orders(d, factor * year, 0.0, rate / factor) / factor / usual_within
        beyond = exp(-rate * (1.0 - factor) * year) * self._orders(d, later, factor * year, rate) / usual_beyond
        return within, beyond

    def _orders(self, d: int, horizon: float, start: float, discount_rate: float) -> Floats:
        """(kinds,) discounted orders of those who are surely customers, without the calendar."""
        return self.part.plain.discounted_expected_orders(
            self.part.drawn(d),
            self.kinds,
            horizon=horizon,
            start=start,
            discount_rate=discount_rate,
            intensity=self.ahead.intensity,
            alive=np.ones(len(self.kinds)),
        )


def usual_streams(part: Part, ahead: Ahead, *, with_service: bool) -> Streams:
    """The future of the part's customers in each draw, under the calendar where there is one.

    Args:
        part: some customers.
        ahead: how far to look.
        with_service: time as a customer is wanted too; else it is nothing.
    """
    distinct, place = part.histories.distinct()
    shape = (len(part.draws), len(distinct))
    within, beyond, alive = np.empty(shape), np.empty(shape), np.empty(shape)
    served, served_beyond = np.zeros(shape), np.zeros(shape)
    later = ahead.value_cap - ahead.year
    asked = {"discount_rate": ahead.discount_rate, "intensity": ahead.intensity}
    for d in range(len(part.draws)):
        at = part.drawn(d)
        alive[d] = np.minimum(part.model.probability_alive(at, distinct), 1.0)
        within[d] = part.model.discounted_expected_orders(at, distinct, horizon=ahead.year, alive=alive[d], **asked)
        beyond[d] = part.model.discounted_expected_orders(
            at, distinct, horizon=later, start=ahead.year, alive=alive[d], **asked
        )
        if with_service:
            served[d] = time_as_customer(part.model, at, distinct, 0.0, ahead.year, ahead.discount_rate)
            served_beyond[d] = time_as_customer(
                part.model, at, distinct, ahead.year, ahead.value_cap, ahead.discount_rate
            )
    found = (within, np.maximum(beyond, 0.0), served, served_beyond, alive)
    return Streams(*(each[:, place] for each in found))


def time_as_customer(
    model: PurchaseModel, at: Any, histories: Histories, begin: float, end: float, discount_rate: float
) -> Floats:
    """(m,) expected time still a customer between two moments, discounted; closer together where people leave."""
    place, steps = (0.5 * (_RULE[0] + 1.0)) ** 2, 0.5 * _RULE[1] * (_RULE[0] + 1.0)
    total = np.zeros(len(histories))
    for moment, step in zip(begin + (end - begin) * place, (end - begin) * steps, strict=True):
        total += step * exp(-discount_rate * moment) * model.probability_alive(at, histories, after=float(moment))
    return total


def _kinds(histories: Histories) -> tuple[Histories, NDArray[np.int64]]:
    """The histories that differ for those still customers: in orders and age."""
    same = Histories(
        histories.repeat_orders, histories.age.copy(), histories.age, histories.weight, histories.time_unit_days
    )
    return same.distinct()


def in_blocks(part: Part, size: int) -> Iterator[tuple[Part, NDArray[np.int64]]]:
    """The part in pieces of at most `size` customers, alike ones together, and where in the part they are."""
    order = np.lexsort((part.histories.age_at_last_order, part.histories.age, part.histories.repeat_orders))
    for begin in range(0, len(order), size):
        some = order[begin : begin + size]
        yield Part(part.model, part.plain, part.posterior, part.histories.at(some), part.rows[some]), some
