"""Who stayed: what an arm did to how often customers order, and to how many of them left, told apart.

Few orders tell little of who left; how long somebody has been silent, for whom, tells much. The engine reads both from
each history at the end of the window, and it does not know who was treated. With B = P(a customer when the lots were
drawn) and E = P(a customer at the end), from the whole history, and h the rate of leaving over the window that was to
be expected of each, the score of leaving is what is left of it after what was to be expected:

    B − E − h (B + E) ÷ 2

Under lots both arms had the same customers, so the difference L of its means is the action's doing. Two things move it:
fewer leave, or whoever stays orders oftener and is seen later. Two things move the orders as well, the same two. With r
the lift of orders as a share of the held-out's, m and c what orders and leaving are multiplied by,

    r = (m − 1) + a (c − 1)        L = b (m − 1) + d (c − 1)

where a, b and d are found by simulating the window from the model's own draws: as usual, with orders thinned, and with
customers who leave faster (indirect inference: Gouriéroux, Monfort and Renault 1993). They only scale; that nothing
gives m = c = 1 in the mean is the lots' doing, whatever the model.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keepers.clv.histories import Floats, Histories
from keepers.clv.model import PurchaseModel

FASTER = 1.25  # how much faster customers leave in the simulated window, and 1 ÷ it what is left of the thinned orders
LEAST = 1e-3  # answer of the score below which the window tells nothing of leaving
_TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Answer:
    """How means of an arm answer to multipliers, as derivatives at 1.

    orders_to_leaving: a, of orders as a share of the usual
    left_to_orders, left_to_leaving: b and d, of the mean score of leaving
    """

    orders_to_leaving: float
    left_to_orders: float
    left_to_leaving: float

    @property
    def tells(self) -> bool:
        """Whether the two multipliers can be told apart: leaving moves its score by more than rounding."""
        return self._determinant > LEAST

    def orders_factor(self, orders: Floats, left: Floats) -> Floats:
        """(n,) what adds up to m − 1, from orders as a share of the held-out's mean and from the score of leaving."""
        return np.asarray((self.left_to_leaving * orders - self.orders_to_leaving * left) / self._determinant)

    def leaving_factor(self, orders: Floats, left: Floats) -> Floats:
        """(n,) what adds up to c − 1, likewise."""
        return np.asarray((left - self.left_to_orders * orders) / self._determinant)

    @property
    def _determinant(self) -> float:
        return self.left_to_leaving - self.orders_to_leaving * self.left_to_orders


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """How those who were measured stand at the end of the window, (n,) each.

    alive: P(still a customer), from the whole history, by the draws of the run before the lots [0–1]
    left: score of leaving within the window
    worth: what each is worth if still a customer, as known before the lots [money]
    known: (n, k) what was known before the lots
    answer: how the means answer to multipliers; None where that is not known
    """

    alive: Floats
    left: Floats
    worth: Floats
    known: Floats
    answer: Answer | None


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Simulated windows of (n,) customers each: sums over the draws of orders, scores of leaving, people.

    usual, fewer, faster: as usual, with orders thinned, with customers who leave faster
    """

    usual: Floats
    fewer: Floats
    faster: Floats

    def __add__(self, other: "Windows") -> "Windows":
        return Windows(self.usual + other.usual, self.fewer + other.fewer, self.faster + other.faster)

    def answer(self) -> Answer:
        """The derivatives that they amount to."""
        orders, step = max(float(self.usual[0]), 1e-12), FASTER - 1.0
        people, thinned = self.usual[2], 1.0 - 1.0 / FASTER
        return Answer(
            orders_to_leaving=float(self.faster[0] - self.usual[0]) / orders / step,
            left_to_orders=float(self.usual[1] - self.fewer[1]) / people / thinned,
            left_to_leaving=float(self.faster[1] - self.usual[1]) / people / step,
        )


def standing(model: PurchaseModel, at: Any, before: Histories, end: Histories) -> tuple[Floats, Floats]:
    """(n,) P(still a customer) at the end of a window, and the score of leaving within it, by one draw.

    Args:
        model: without a calendar.
        at: its parameters.
        before: (n,) histories when the lots were drawn.
        end: (n,) the same customers' histories at the end, the window equally long for all.
    """
    length = float(np.median(end.age - before.age))
    began = np.minimum(model.probability_alive(at, before), 1.0)
    alive = np.minimum(model.probability_alive(at, end), 1.0)
    silent = model.order_count_pmf(at, before, horizon=length, up_to=0)[:, 0]
    was = np.clip(1.0 - (1.0 - began) / np.maximum(silent, _TINY), 0.0, 1.0)
    was = np.where(end.repeat_orders > before.repeat_orders, 1.0, was)
    stays = model.probability_alive(at, before, after=length) / np.maximum(began, _TINY)
    hazard = -np.log(np.clip(stays, 1e-6, 1.0))
    return alive, was - alive - hazard * (was + alive) / 2.0


def simulated_windows(
    model: PurchaseModel, draws: Floats, histories: Histories, length: float, generator: np.random.Generator
) -> Windows:
    """Windows after these histories, one a draw of the parameters: (3,) orders, scores of leaving, people.

    Args:
        model: without a calendar, in which time can be stretched.
        draws: (draws, k) its parameters.
        histories: (n,) before the window.
        length: of the window [time unit].
        generator: of the luck.
    """
    total = Windows(*(np.zeros(3) for _ in range(3)))
    for row in draws:
        at = model.Parameters.from_array(row)
        alive = np.minimum(model.probability_alive(at, histories), 1.0)
        usual, faster = (
            model.sample_future(
                at, histories, alive, horizon=time, value_cap=time, intensity=1.0, replicates=1, generator=generator
            )
            for time in (length, FASTER * length)
        )
        thinned, kept = (generator.binomial(future.orders[0], 1.0 / FASTER) for future in (usual, faster))
        ends = [
            _at_end(histories, orders, active, length, generator)
            for orders, active in (
                (usual.orders[0], usual.active[0]), (thinned, usual.active[0]), (kept, faster.active[0] / FASTER)
            )
        ]  # fmt: skip
        total += Windows(*(_sums(model, at, histories, end) for end in ends))
    return total


def _at_end(
    before: Histories, orders: Floats, active: Floats, length: float, generator: np.random.Generator
) -> Histories:
    """Histories with these orders in the window, spread evenly over the time in which somebody was a customer."""
    latest = active * generator.random(len(orders)) ** (1.0 / np.maximum(orders, 1))
    last = np.where(orders > 0, before.age + np.minimum(latest, length), before.age_at_last_order)
    total = before.repeat_orders + orders
    return Histories.of(total, last, before.age + length, time_unit_days=before.time_unit_days)


def _sums(model: PurchaseModel, at: Any, before: Histories, end: Histories) -> Floats:
    left = standing(model, at, before, end)[1]
    return np.array([(end.repeat_orders - before.repeat_orders).sum(), left.sum(), len(left)], dtype=np.float64)
