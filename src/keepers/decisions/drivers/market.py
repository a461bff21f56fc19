"""A market from a survey: equity of each brand, what it hangs on, how people switch, and what improving would pay.

Everything is computed once a draw, and a draw has two parts: coefficients from the choice model's posterior, and
weights of the people asked (Bayesian bootstrap, Rubin 1981), since others could have been asked. Intervals are the 5 %
and 95 % points over the draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from keepers.clv.predicting.ranges import ends_of
from keepers.decisions.drivers.choice import Choice, attractions, fit_choice
from keepers.decisions.drivers.lifetimes import Outlook, lifetime_values, switching
from keepers.decisions.drivers.survey import (
    EQUITIES,
    EVERYBODY,
    Survey,
    UnusableSurveyError,
    filled_ratings,
    sized,
)
from keepers.decisions.terms.effects import Floats, Integers

DRAWS = 200
LEAST_IN_SEGMENT = 10
_SEED = 27


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a survey.

    brand: ours
    people: how many there are in the market; None: told by `customers`, else figures are per person
    customers: how many bought ours last, which the survey's share of them turns into the market
    step: by how much an improvement raises each rating, never above the scale's end [points]
    top: the scale's end; None: the highest rating given
    costs: what raising a driver by a step costs, by its title or name [money]
    segment_sizes: how many people of the market are of each segment, in any one measure; none: as the survey has them
    """

    brand: str
    outlook: Outlook = field(default_factory=Outlook)
    people: float | None = None
    customers: float | None = None
    step: float = 1.0
    top: float | None = None
    costs: Mapping[str, float] = field(default_factory=dict)
    draws: int = DRAWS
    segment_sizes: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.step > 0:
            raise UnusableSurveyError("An improvement is a step upwards: write a number of points above 0.")
        if any(not 0 <= cost < 1e15 for cost in self.costs.values()):
            raise UnusableSurveyError("A cost is below zero or no number. Write what the step costs in all, 0 or more.")
        if self.costs and self.people is None and self.customers is None:
            raise UnusableSurveyError(
                "To weigh a cost against what it brings, say how many people there are in the market. "
                "In a terminal: --population N"
            )


@dataclass(frozen=True, slots=True)
class Switching:
    """How people of a segment go from the brand bought last (rows) to the next (columns): mean and points (J, J).

    A row nobody of the segment considers is nan.
    """

    segment: str
    people: int
    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """What a survey says, S draws of everything.

    own: place of our brand
    coefficients: (S, 1 + K) inertia, then the drivers by their standard deviation
    moves: (S, 3) share of what moves choices, beside inertia, that is of each kind of driver; may be below 0
    equity: (S, J) of each brand [money, or money per person where the market's size is unknown]
    hangs: (S, J, 3) how much less each brand would be worth, were its ratings of that kind no better than what
        respondents give on the mean to the brands that they consider [as equity]; below 0 where they are worse
    values: (n, J) mean lifetime value of each respondent to each brand [money]
    gains: (S, K) what a step on each driver adds to our equity [as equity]
    raised: (K,) by how much the step raises our ratings on the mean, since some are at the top already [points]
    people: (S,) size of the market; 1 where it is unknown
    costs: (K,) of each step; nan where none was given [money]
    """

    survey: Survey
    choice: Choice
    question: Question
    own: int
    coefficients: Floats
    moves: Floats
    switching: tuple[Switching, ...]
    equity: Floats
    hangs: Floats
    values: Floats
    gains: Floats
    raised: Floats
    people: Floats
    costs: Floats

    @property
    def is_sized(self) -> bool:
        """Whether the size of the market is known, so that equity is money and not money per person."""
        return self.question.people is not None or self.question.customers is not None

    @property
    def shares(self) -> Floats:
        """(S, J) of all brands' equity."""
        return np.asarray(self.equity / self.equity.sum(axis=1, keepdims=True))

    @property
    def returns(self) -> Floats:
        """(S, K) gain less cost by cost; nan where a step costs nothing or no cost was given."""
        costs = np.where(self.costs > 0, self.costs, np.nan)
        return (self.gains - costs) / costs


def study(survey: Survey, question: Question) -> Market:
    """Everything that a survey says of a market.

    Raises:
        UnusableSurveyError: too few people, one brand, a driver that never differs; or a name that it does not know.
    """
    survey = sized(survey, question.segment_sizes)
    own, costs = survey.brand(question.brand), _costs(survey, question)
    choice = fit_choice(survey)
    generator = np.random.default_rng(_SEED)
    betas = choice.draws(question.draws, generator)
    weights = generator.exponential(size=(question.draws, survey.size)) * survey.weights
    weights /= weights.sum(axis=1, keepdims=True)
    people = _people(survey, question, own, weights)
    worlds = _Worlds.of(survey, choice, question, own)
    found = [worlds.seen(beta, weight) for beta, weight in zip(betas, weights, strict=True)]
    size = people[:, None]
    return Market(
        survey=survey,
        choice=choice,
        question=question,
        own=own,
        coefficients=betas,
        moves=np.array([each.moves for each in found]),
        switching=_switching(survey, choice, betas, weights),
        equity=size * np.array([each.equity for each in found]),
        hangs=size[..., None] * np.array([each.hangs for each in found]),
        values=np.mean([each.values for each in found], axis=0),
        gains=size * np.array([each.gains for each in found]),
        raised=worlds.raised,
        people=people,
        costs=costs,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    equity: Floats
    hangs: Floats
    values: Floats
    gains: Floats
    moves: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Worlds:
    """What does not change from draw to draw.

    columns: (n, J, K) ratings in standard deviations; `apart`: the same less a respondent's mean over brands considered
    steps: (n, K) by how much the improvement raises our ratings, in standard deviations
    kinds: (3, K) which drivers are of which kind
    """

    survey: Survey
    outlook: Outlook
    own: int
    columns: Floats
    apart: Floats
    steps: Floats
    kinds: Floats
    raised: Floats

    @classmethod
    def of(cls, survey: Survey, choice: Choice, question: Question, own: int) -> "_Worlds":
        columns, taken = choice.design.ratings, survey.considered[..., None]
        mean = (columns * taken).sum(axis=1, keepdims=True) / np.maximum(taken.sum(axis=1, keepdims=True), 1)
        top = survey.ends[1] if question.top is None else question.top
        ours = filled_ratings(survey)[:, own, :]
        steps = np.clip(top - ours, 0.0, question.step) * survey.considered[:, own][:, None]
        weights = survey.weights * survey.considered[:, own]
        raised = (weights @ steps) / max(float(weights.sum()), 1e-300)
        kinds = np.array([[driver.equity == kind for driver in survey.drivers] for kind in EQUITIES], dtype=np.float64)
        return cls(
            survey, question.outlook, own, columns, (columns - mean) * taken, steps / choice.design.unit, kinds, raised
        )

    def seen(self, beta: Floats, weights: Floats) -> _Seen:
        """A draw of everything."""
        survey, ratings, stickiness = self.survey, beta[1:], float(np.exp(beta[0]))
        utilities = self.columns @ ratings
        values = self._values(utilities, stickiness)
        equity = weights @ values
        parts = np.einsum("njk,k,gk->njg", self.apart, ratings, self.kinds, optimize=True)
        hangs = np.zeros((len(survey.brands), len(self.kinds)))
        for kind in np.flatnonzero(self.kinds.any(axis=1)):
            for brand in range(len(survey.brands)):
                less = utilities.copy()
                less[:, brand] -= parts[:, brand, kind]
                hangs[brand, kind] = equity[brand] - float(weights @ self._values(less, stickiness)[:, brand])
        gains = np.zeros(len(survey.drivers))
        for driver in range(len(survey.drivers)):
            more = utilities.copy()
            more[:, self.own] += ratings[driver] * self.steps[:, driver]
            gains[driver] = float(weights @ self._values(more, stickiness)[:, self.own]) - equity[self.own]
        return _Seen(equity, hangs, values, gains, _moves(parts, weights))

    def _values(self, utilities: Floats, stickiness: float) -> Floats:
        return lifetime_values(self.survey, attractions(self.survey, utilities), stickiness, self.outlook)


def _moves(parts: Floats, weights: Floats) -> Floats:
    """(3,) share of the spread of utilities within people's choices that each kind of driver accounts for."""
    whole = parts.sum(axis=2, keepdims=True)
    with_whole = np.einsum("n,njg,njh->g", weights, parts, whole)
    total = float(with_whole.sum())
    return with_whole / total if total > 0 else np.full(len(with_whole), np.nan)


def _people(survey: Survey, question: Question, own: int, weights: Floats) -> Floats:
    """(S,) the size of the market."""
    if question.people is not None:
        return np.full(len(weights), float(question.people))
    if question.customers is None:
        return np.ones(len(weights))
    ours = (weights * (survey.last == own)).sum(axis=1)
    if not np.all(ours > 0):
        raise UnusableSurveyError(
            f"Nobody asked bought {survey.brands[own]} last, so the firm's own customers do not tell how large the "
            "market is. Say how many people there are in it."
        )
    return np.asarray(question.customers / ours)


def _costs(survey: Survey, question: Question) -> Floats:
    costs = np.full(len(survey.drivers), np.nan)
    for name, cost in question.costs.items():
        costs[survey.driver(name)] = cost
    return costs


def _switching(survey: Survey, choice: Choice, betas: Floats, weights: Floats) -> tuple[Switching, ...]:
    """Of everybody, and of each segment with people enough."""
    names, counts = np.unique(survey.segments, return_counts=True)
    named = [str(name) for name, count in zip(names, counts, strict=True) if name and count >= LEAST_IN_SEGMENT]
    groups = [(EVERYBODY, np.arange(survey.size))]
    if len(names) > 1:
        groups += [(name, np.flatnonzero(survey.segments == name)) for name in named]
    draws = np.empty((len(groups), len(betas), len(survey.brands), len(survey.brands)))
    for place, (beta, weight) in enumerate(zip(betas, weights, strict=True)):
        chances = switching(attractions(survey, choice.design.ratings @ beta[1:]), float(np.exp(beta[0])))
        for group, (_, rows) in enumerate(groups):
            draws[group, place] = _mean_switching(survey, chances, weight, rows)
    return tuple(
        Switching(name, len(rows), drawn.mean(axis=0), *ends_of(drawn))
        for (name, rows), drawn in zip(groups, draws, strict=True)
    )


def _mean_switching(survey: Survey, chances: Floats, weights: Floats, rows: Integers) -> Floats:
    """(J, J) the mean over whoever considers the row's brand."""
    held = weights[rows, None] * survey.considered[rows]
    total = held.sum(axis=0)
    mean = np.einsum("na,naj->aj", held, chances[rows])
    return np.where(total[:, None] > 0, mean / np.where(total > 0, total, 1.0)[:, None], np.nan)
