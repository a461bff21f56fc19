"""Made-up shops for tests: customers who buy at their own rate until they leave, unseen."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

FIRST_DAY = date(2023, 1, 2)


@dataclass(frozen=True)
class Shop:
    """Orders as (customer, day, amount), sorted by day."""

    orders: list[tuple[str, date, float]]

    def write(self, path: Path, *, header: str = "customer_id,order_date,amount") -> Path:
        lines = [header, *(f"{customer},{day.isoformat()},{amount:.2f}" for customer, day, amount in self.orders)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path


def shop(*, customers: int = 300, days: int = 400, seed: int = 1, acquired_within: int | None = None) -> Shop:
    """Pareto/NBD customers with Gamma-Gamma spend, acquired evenly over the first part of the window."""
    rng = np.random.default_rng(seed)
    orders = []
    for number in range(customers):
        start = int(rng.integers(0, acquired_within or days - 60))
        lifetime = rng.exponential(1 / rng.gamma(0.8, 1 / 200.0))
        rate, level = rng.gamma(0.9, 1 / 40.0), 1 / rng.gamma(4.0, 1 / 120.0)
        day = float(start)
        while day < min(days, start + lifetime):
            amount = float(rng.gamma(6.0, level / 6.0 * 30))
            orders.append((f"C{number:04d}", FIRST_DAY + timedelta(days=int(day)), round(amount, 2)))
            day += max(rng.exponential(1 / rate), 1.0)
    orders.sort(key=lambda order: order[1])
    return Shop(orders)
