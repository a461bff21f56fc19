"""Where customers of the beta-geometric models stand after their histories, and which of them are alike from there on.

Given that a customer is alive, only the number of orders and the age tell of the future, and answers bend evenly with
the age: of many kinds with equally many orders a few are computed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from keepers.clv.beta_geometric.family import BetaGeometricParameters
from keepers.clv.beta_geometric.kernels import orders_until
from keepers.clv.histories import Floats, Histories, Integers


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What is known of each customer at the end of their history.

    shape: (n,) R, the shape of the rate given stage 0 [–]
    rate: (n,) α + T [time unit]
    phase: (n, k) chance π_j of stage j, given alive
    survived: (n,) B, the second shape of the dropout probability given alive
    a: its first shape
    alive: (n,) probability of being alive
    """

    shape: Floats
    rate: Floats
    phase: Floats
    survived: Floats
    a: float
    alive: Floats
    histories: Histories


def state_of(parameters: BetaGeometricParameters, histories: Histories, alive: Floats | None = None) -> State:
    """The state after each history; `alive` where that is known already."""
    family, alpha, a = parameters.family, parameters.alpha, parameters.a
    orders = histories.repeat_orders
    could_leave = orders + family.first
    shape: Floats = np.asarray(parameters.r + family.k * orders, dtype=np.float64)
    rate = alpha + histories.age
    phase, total = _phases(shape, rate, histories, family.k)
    survived = np.asarray(parameters.b + could_leave, dtype=np.float64)
    if alive is None:
        silence = np.log1p(histories.age / alpha) - np.log1p(histories.age_at_last_order / alpha)
        odds = np.log(a / np.where(could_leave > 0, survived - 1, 1.0)) + shape * silence - np.log(total)
        alive = np.where(could_leave > 0, 1.0 / (1.0 + np.exp(np.minimum(odds, 700.0))), 1.0)
    return State(shape, rate, phase, survived, a, np.asarray(alive, dtype=np.float64), histories)


def _phases(shape: Floats, rate: Floats, histories: Histories, k: int) -> tuple[Floats, Floats | float]:
    """(n, k) chances of the stages given alive, and how many times likelier than stage 0 all are together."""
    stages = np.ones((len(histories), k))
    if k == 1:
        return stages, 1.0
    share = (histories.age - histories.age_at_last_order) / rate
    for j in range(1, k):
        stages[:, j] = stages[:, j - 1] * (shape + j - 1) / j * share
    total = stages.sum(axis=1)
    return stages / total[:, None], total


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """The states that differ in orders and age: given alive and the stage, the last order tells nothing more."""

    shape: Floats
    rate: Floats
    survived: Floats
    a: float
    place: Integers
    phase: Floats

    @property
    def k(self) -> int:
        """How many stages a gap has."""
        return int(self.phase.shape[1])

    @property
    def arguments(self) -> tuple[Floats, Floats, Floats, float]:
        """What the compiled loops ask of the kinds."""
        return self.shape, self.rate, self.survived, self.a

    def mixed(self, by_stage: Sequence[Floats]) -> Floats:
        """For each row: the answers of its kind, stage by stage, weighed by the chances of its stages."""
        if self.k == 1:
            return by_stage[0][self.place]
        total = np.zeros((len(self.place), *by_stage[0].shape[1:]))
        for j, answers in enumerate(by_stage):
            total += (self.phase[:, j] * answers[self.place].T).T
        return total

    def orders_until(self, j: int, time: float | Floats) -> Floats:
        """(kinds,) expected orders within the time from stage j, given alive."""
        return np.asarray(orders_until(np.full(len(self.rate), 0.0) + time, j, self.k, *self.arguments))

    def along(self, shape: Floats, rate: Floats, survived: Floats) -> "Kinds":
        """Other kinds of the same model, to compute with; they stand for no row."""
        return Kinds(shape, rate, survived, self.a, np.empty(0, dtype=np.int64), self.phase[:0])


def kinds_of(state: State) -> Kinds:
    """The kinds among the states, and which each row is."""
    first, place = state.histories.by_orders_and_age()
    return Kinds(state.shape[first], state.rate[first], state.survived[first], state.a, place, state.phase)


def interpolated(kinds: Kinds, answers: Callable[[Kinds], Floats]) -> Floats:
    """Answers that vary evenly with ln(α + T), from Chebyshev points where many kinds have equally many orders.

    What is computed here is analytic in ln(α + T) but for Im ln(α + T) = ±π, which gives the number of points that an
    error of 1e-10 needs.
    """
    edges = np.flatnonzero(np.diff(kinds.shape, prepend=np.nan, append=np.nan))
    groups = [_group(kinds, int(low), int(high)) for low, high in pairwise(edges)]
    rates = [rate for rate, _ in groups]
    sizes = [len(rate) for rate in rates]
    points = kinds.along(
        np.repeat(kinds.shape[edges[:-1]], sizes), np.concatenate(rates), np.repeat(kinds.survived[edges[:-1]], sizes)
    )
    parts = np.split(answers(points), np.cumsum(sizes)[:-1])
    return np.concatenate(
        [part if mixing is None else mixing @ part for part, (_, mixing) in zip(parts, groups, strict=True)]
    )


def _group(kinds: Kinds, low: int, high: int) -> tuple[Floats, Floats | None]:
    """The rates to compute at for kinds `low` to `high`, and the weights that lead back (None: rates as they are)."""
    rate = kinds.rate[low:high]
    reach = np.log(rate[-1] / rate[0]) / 2
    if reach <= 0:
        return rate, None
    points = int(np.ceil(23.0 / np.arcsinh(np.pi / reach))) + 2
    if len(rate) < 2 * points:
        return rate, None
    angle = (2 * np.arange(points) + 1) * np.pi / (2 * points)
    place = (np.log(rate / rate[0]) / reach - 1.0)[:, None] - np.cos(angle)
    place[place == 0] = 1e-300
    weights = (-1.0) ** np.arange(points) * np.sin(angle) / place
    return rate[0] * np.exp(reach * (np.cos(angle) + 1)), weights / weights.sum(axis=1, keepdims=True)
