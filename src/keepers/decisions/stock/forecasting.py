"""The demand for every product in the weeks to come, and how such forecasts did on weeks that have passed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keepers.core.errors import KeepersError
from keepers.decisions.stock.mixes import MIXES, YEAR, ExpectOrders, Known, known_at
from keepers.decisions.stock.sales import Floats, Sales, TooLittleSoldError
from keepers.decisions.stock.spread import CLASSES, Blend, Spread, Window, learn_blend, learn_spread, together

LEARNED, JUDGED = 6, 3  # windows that are learned from, and that are held out to judge by
LEAST_LEARNED = 2
LEAST_WEEKS, LEAST_ROWS = 8, 30  # known when a window that is learned from begins; products in all the windows
LOOKED_AT = (0.0, 0.5, 1.0)  # single weeks of a horizon from which the spread of weeks is learned
LOW, HIGH = 0.05, 0.95
SERVICES = (0.5, 0.8, 0.9, 0.95)
CLASS_NAMES = ("under 0.1", "0.1 to 0.5", "0.5 to 2", "2 to 10", "10 to 50", "50 and more")


class InvalidStockQuestionError(KeepersError):
    """Weeks or a chance that no stock can be kept for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What stock is to cover.

    weeks: how far demand is forecast
    service: chance that what is kept lasts until the next delivery [0–1]
    lead_time: weeks from ordering to delivery
    review: weeks from one ordering to the next
    """

    weeks: int = 8
    service: float = 0.95
    lead_time: int = 2
    review: int = 1

    def __post_init__(self) -> None:
        if not 0.0 < self.service < 1.0:
            raise InvalidStockQuestionError(
                f"A service level of {self.service:g} cannot be kept: it is a chance between 0 and 1, such as 0.95."
            )
        if not (1 <= self.weeks <= YEAR and self.review >= 1 and self.lead_time >= 0 and self.window <= YEAR):
            raise InvalidStockQuestionError(
                "Pass whole weeks, a year of them at most: 1 or more as --weeks and --review, 0 or more as --lead-time."
            )

    @property
    def window(self) -> int:
        """Weeks that an order must last: until the one after it is delivered."""
        return self.lead_time + self.review

    @property
    def ahead(self) -> int:
        """How many weeks are looked ahead in all."""
        return max(self.weeks, self.window)


@dataclass(frozen=True, slots=True)
class Learned:
    """What windows that have passed told.

    window: of demand in windows of the length that stock must last
    windows: how many of them were learned from
    """

    blend: Blend
    window: Spread
    windows: int


@dataclass(frozen=True, slots=True)
class Served:
    """How often stock would have lasted in windows that were held out, and what it would have met.

    service: asked for [0–1]
    achieved: share of products and windows whose demand stayed at or below the level [0–1]
    filled: share of all pieces that were asked for and in stock [0–1]
    """

    service: float
    achieved: float
    filled: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of the held-out windows.

    windows, rows: how many windows, and products in them
    served: over all products, at each service level
    by_class: at the one asked for, by packs expected in a window
    unforeseen: share of the pieces that were of products never sold before [0–1]
    """

    windows: int
    rows: int
    served: tuple[Served, ...]
    by_class: Mapping[str, tuple[int, Served]]
    unforeseen: float


class History:
    """What was known at the end of past weeks, each looked up once."""

    def __init__(self, sales: Sales, asked: Asked, expect_orders: ExpectOrders) -> None:
        """Of these sales, for one question."""
        self.sales, self.asked = sales, asked
        self._expect_orders = expect_orders
        self._with_year = sales.weeks + min(self.ends, default=0) >= YEAR + asked.ahead
        self._known: dict[int, Known] = {}

    @property
    def ends(self) -> list[int]:
        """The weeks after which a window of the past began, the latest first."""
        step = self.asked.window
        least = max(LEAST_WEEKS, self.sales.weeks // 3)
        ends = [-step * number for number in range(1, LEARNED + JUDGED + 1)]
        return [end for end in ends if self.sales.weeks + end >= least]

    @property
    def mixes(self) -> tuple[str, ...]:
        """The names of the mixes that are known."""
        return MIXES if self._with_year else MIXES[:-1]

    def known(self, week: int) -> Known:
        """What was known at the end of a week."""
        if week not in self._known:
            self._known[week] = known_at(
                self.sales, week, ahead=self.asked.ahead, expect_orders=self._expect_orders, with_year=self._with_year
            )
        return self._known[week]

    def windows(self, ends: Sequence[int], *, until: int, first: int, weeks: int) -> Iterator[Window]:
        """The windows of these weeks that were over by the week `until`."""
        for end in ends:
            if end + first + weeks <= until:
                yield Window.of(self.known(end), self.sales.later(end + first, weeks), first, weeks)

    def learned(self, until: int, *, seed: int) -> Learned:
        """What is learned from windows that were over by a week.

        Raises:
            TooLittleSoldError: there are too few of them, or too few products were sold.
        """
        asked = self.asked
        ends = [end for end in self.ends if end + asked.window <= until][:LEARNED]
        windows = list(self.windows(ends, until=until, first=0, weeks=asked.window))
        if len(windows) < LEAST_LEARNED or sum(each.asked.size for each in windows) < LEAST_ROWS:
            raise TooLittleSoldError(
                f"{self.sales.weeks} weeks of sales do not tell how demand over {asked.window} weeks spreads: at least "
                f"{LEAST_LEARNED} such windows after {LEAST_WEEKS} weeks of history, and {LEAST_ROWS} rows of products "
                "in them, are needed. Bring a longer history, or pass a shorter --lead-time."
            )
        window = together(windows)
        blend = learn_blend(window, seed=seed)
        return Learned(blend, learn_spread(window, blend, seed=seed), len(windows))

    def spread_of_weeks(self, blend: Blend, *, seed: int) -> Spread:
        """How demand of single weeks spreads, at the beginning, the middle and the end of those that are forecast."""
        places = sorted({round(part * (self.asked.weeks - 1)) for part in LOOKED_AT})
        singles = [one for at in places for one in self.windows(self.ends, until=0, first=at, weeks=1)]
        return learn_spread(together(singles), blend, seed=seed)

    def spread_of_all(self, learned: Learned, *, seed: int) -> Spread:
        """How demand of all weeks that are forecast spreads; where none such has passed, that of the window."""
        wholes = list(self.windows(self.ends, until=0, first=0, weeks=self.asked.weeks))
        return learn_spread(together(wholes), learned.blend, seed=seed) if wholes else learned.window

    def judged(self, *, seed: int) -> Judgement | None:
        """How the latest windows came out, each forecast from what was known before; None where there are too few."""
        rows: list[tuple[Floats, Floats, Floats]] = []
        unforeseen, pieces = 0.0, 0.0
        for end in self.ends[:JUDGED]:
            try:
                learned = self.learned(end, seed=seed)
            except TooLittleSoldError:
                break
            known, asked_for = self.known(end), self.sales.later(end, self.asked.window)
            pieces += float(asked_for.sum())
            unforeseen += float(asked_for[~known.seen].sum())
            known, asked_for = known.at(known.seen), asked_for[known.seen]
            middle = learned.blend.of(known)[:, : self.asked.window].sum(axis=1)
            levels = [np.ceil(learned.window.quantile(middle, known.pack, service)) for service in self._services]
            rows.append((middle / known.pack, asked_for, np.stack(levels)))
        if not rows:
            return None
        packs, asked_for, kept = (np.concatenate([row[at] for row in rows], axis=-1) for at in range(3))
        return Judgement(
            len(rows),
            asked_for.size,
            tuple(_served(each, asked_for, kept[at]) for at, each in enumerate(self._services)),
            dict(_by_class(packs, asked_for, kept[-1], self.asked.service)),
            unforeseen / pieces if pieces > 0 else float("nan"),
        )

    @property
    def _services(self) -> tuple[float, ...]:
        """Those that are always judged, and last the one asked for."""
        return (*(each for each in SERVICES if each != self.asked.service), self.asked.service)


def _served(service: float, asked: Floats, kept: Floats) -> Served:
    whole = float(asked.sum())
    filled = float(np.minimum(asked, kept).sum()) / whole if whole > 0 else float("nan")
    return Served(service, float((asked <= kept).mean()), filled)


def _by_class(packs: Floats, asked: Floats, kept: Floats, service: float) -> Iterator[tuple[str, tuple[int, Served]]]:
    place = np.digitize(packs, CLASSES)
    for number, name in enumerate(CLASS_NAMES):
        chosen = place == number
        if chosen.any():
            yield name, (int(chosen.sum()), _served(service, asked[chosen], kept[chosen]))
