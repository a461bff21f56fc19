"""Made-up grocers whose customers come at regular gaps, as order files; their rates stay, or change as people's do."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BEFORE_DAYS = 500  # those who were there when the log began had come first within so many days before
PAUSE_DAYS = 14.0


@dataclass(frozen=True, slots=True)
class RegularShop:
    """Customers with gaps of `stages` stages; most were there before the log began.

    days: length of the log, which ends on `end`
    gap, life: typical days between orders, and days as a customer
    already: share of the customers who were there before
    wander: standard deviation of the logarithm of a customer's own rate, which comes back within some months
    pause: days from one pause of about two weeks to the next; 0: nobody pauses
    """

    name: str
    customers: int
    days: int
    end: date
    gap: float
    life: float
    already: float
    stages: int
    wander: float
    pause: float
    seed: int

    def write(self, path: Path) -> Path:
        """An order file; a day counts once, as in a shop's log."""
        rng = np.random.default_rng(self.seed)
        entered = np.where(
            rng.random(self.customers) < self.already,
            -rng.integers(1, BEFORE_DAYS, self.customers),
            rng.integers(0, self.days, self.customers),
        )
        reached = np.cumsum(self._rates(entered, rng), axis=1)
        first = self.end - timedelta(days=self.days - 1)
        lines = ["customer_id,order_date,amount"]
        for who, along in enumerate(reached):
            many = int(along[-1] + 8.0 * np.sqrt(along[-1]) + 20.0)
            gaps = rng.gamma(self.stages, 1 / self.stages, many)
            gaps[0] *= rng.random() if entered[who] < 0 else 1.0  # the log began in the middle of a gap
            marks = np.cumsum(gaps)
            on = np.unique(np.searchsorted(along, marks[marks < along[-1]]))
            on = np.union1d(on, entered[who : who + 1]) if entered[who] >= 0 else on
            amounts = rng.gamma(6.0, 5.0, on.size)
            lines += [f"C{who},{first + timedelta(days=int(d))},{a:.2f}" for d, a in zip(on, amounts, strict=True)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def _rates(self, entered: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
        """(customers, days) orders a day."""
        size = (self.customers, self.days)
        rate = np.repeat(rng.gamma(1.3, 1 / (1.3 * self.gap), self.customers)[:, None], self.days, axis=1)
        keeps = np.exp(-1 / 120.0)
        own = rng.normal(0.0, self.wander, self.customers)
        for day in range(self.days):
            rate[:, day] *= np.exp(own - self.wander**2 / 2)
            own = keeps * own + rng.normal(0.0, self.wander * np.sqrt(1 - keeps**2), self.customers)
        if self.pause:
            for who, day in zip(*np.nonzero(rng.random(size) < 1 / self.pause), strict=True):
                rate[who, day : day + int(rng.exponential(PAUSE_DAYS)) + 1] = 0.0
        days = np.arange(self.days)
        gone = np.maximum(entered, 0) + rng.exponential(self.life, self.customers)
        rate[(days < entered[:, None]) | (days > gone[:, None])] = 0.0
        return rate


SHOPS = (
    RegularShop("grocer, regular", 1_000, 365, date(2024, 12, 31), 8.0, 800.0, 0.7, 2, 0.0, 0.0, seed=1),
    RegularShop("grocer, people change", 1_000, 365, date(2024, 12, 31), 8.0, 800.0, 0.7, 2, 0.3, 150.0, seed=2),
)
