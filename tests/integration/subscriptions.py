"""Tables of contracts for tests: customers who sign up over time and leave as the shifted beta-geometric says."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

FIRST_DAY = date(2019, 1, 1)
COHORTS = {  # Fader and Hardie (2007): how many of 1,000 subscribers were left after each year
    "high_end": [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394],
    "regular": [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173],
}


@dataclass(frozen=True)
class Contract:
    """One row: `end` is the day after the last paid month; None while it runs."""

    customer: str
    start: date
    end: date | None
    amount: float
    plan: str = "basic"


def month_after(day: date, months: int) -> date:
    """The same day of a later month; the days used are no later than the 28th."""
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, day.day)


def subscriptions(*, customers: int = 600, months: int = 48, seed: int = 5, alpha: float = 0.8, beta: float = 9.0):
    """Monthly contracts that began over the first two thirds of the months; rows as known at their end."""
    random = np.random.default_rng(seed)
    until = month_after(FIRST_DAY, months)
    rows = []
    for number in range(customers):
        start = month_after(FIRST_DAY, int(random.integers(0, 2 * months // 3))) + timedelta(
            int(random.integers(0, 28))
        )
        start = start.replace(day=min(start.day, 28))
        paid = int(random.geometric(random.beta(alpha, beta)))
        end = month_after(start, min(paid, 400))
        amount = float(random.choice([10.0, 20.0, 50.0]))
        rows.append(Contract(f"S{number:04d}", start, end if end <= until else None, amount))
    return rows


def cohort(name: str, years: int) -> list[Contract]:
    """The published cohort as yearly contracts that all began on one day."""
    curve, rows, number = COHORTS[name], [], 0
    start = date(2000, 1, 1)
    for year in range(1, years + 1):
        for _ in range(curve[year - 1] - curve[year]):
            rows.append(Contract(f"{name}{number:04d}", start, date(2000 + year, 1, 1), 120.0))
            number += 1
    for _ in range(curve[years]):
        rows.append(Contract(f"{name}{number:04d}", start, None, 120.0))
        number += 1
    return rows


def write(rows: list[Contract], path: Path) -> Path:
    """A plain CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "start_date", "end_date", "amount", "plan"])
        writer.writerows([(r.customer, r.start, r.end or "", r.amount, r.plan) for r in rows])
    return path
