"""Made-up shops with a season, as order files: what a forecast must know that no registry package holds."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np


@dataclass(frozen=True, slots=True)
class SeasonShop:
    """Pareto/NBD customers with Gamma-Gamma spend who come more often at some times of the year.

    years: length of the log, which ends on `end`
    peak: log of how much more is bought in the week before Christmas; `wave`: of the yearly wave around it
    gap, life: typical days between orders, and typical days as a customer
    """

    name: str
    customers: int
    years: float
    end: date
    peak: float
    wave: float
    gap: float
    life: float
    seed: int

    def write(self, path: Path) -> Path:
        """An order file; a day counts once, as in a shop's log."""
        rng = np.random.default_rng(self.seed)
        days = round(self.years * 365.25)
        height = self._height(days, rng)
        reached = np.concatenate([[0.0], np.cumsum(height)])
        entered = rng.integers(0, days, self.customers)
        rate = rng.gamma(0.8, 1 / self.gap, self.customers)
        life = rng.exponential(1.0, self.customers) / np.maximum(rng.gamma(0.8, 1 / self.life, self.customers), 1e-9)
        left = np.interp(np.minimum(entered + life, days), np.arange(days + 1), reached)
        further = rng.poisson(rate * np.maximum(left - reached[entered], 0.0))
        who = np.repeat(np.arange(self.customers), further)
        place = reached[entered[who]] + rng.random(who.size) * (left - reached[entered])[who]
        on = np.minimum(np.interp(place, reached, np.arange(days + 1)).astype(int), days - 1)
        orders = np.unique(
            np.concatenate([np.stack([entered, np.arange(self.customers)]).T, np.stack([on, who]).T]), axis=0
        )
        level = rng.gamma(4.0, 8.0, self.customers)
        amount = level[orders[:, 1]] * rng.gamma(6.0, 1 / 6.0, len(orders))
        first = self.end - timedelta(days=days - 1)
        lines = (
            f"C{c},{first + timedelta(days=int(d))},{a:.2f}" for (d, c), a in zip(orders.tolist(), amount, strict=True)
        )
        path.write_text("\n".join(["customer_id,order_date,amount", *lines]) + "\n", encoding="utf-8")
        return path

    def _height(self, days: int, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """h by day: a wave and a peak before Christmas, and a level that wanders."""
        last = self.end.toordinal()
        of_year = np.array([date.fromordinal(last - days + 1 + d).timetuple().tm_yday for d in range(days)])
        away = (of_year - 352 + 183) % 365 - 183
        season = self.wave * np.cos(2 * np.pi * away / 365.25) + self.peak * np.exp(-0.5 * (away / 14.0) ** 2)
        return np.exp(season + np.cumsum(rng.normal(0, 0.0045, days)))


SHOPS = (
    SeasonShop("two years, Christmas", 6_000, 2.0, date(2024, 12, 31), 0.9, 0.15, 30.0, 150.0, seed=1),
    SeasonShop("three years, Christmas", 6_000, 3.0, date(2024, 12, 31), 0.9, 0.15, 30.0, 150.0, seed=2),
    SeasonShop("supermarket, four months", 1_500, 0.34, date(2024, 6, 30), 0.0, 0.0, 6.0, 100.0, seed=3),
)
