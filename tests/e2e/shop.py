"""A made-up shop's order file with everything that the pages can show: names, products, channels, ways to pay."""

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np

HEADER = [
    "Order",
    "Customer ID",
    "Customer Name",
    "E-Mail",
    "City",
    "Date",
    "Product",
    "Category",
    "Qty",
    "Amount",
    "Channel",
    "Payment",
]
FIRST = ("Ada", "Bruno", "Cleo", "Dario", "Elia", "Fay", "Gus", "Hana", "Ivo", "Juno")
LAST = ("Novak", "Silva", "Kranjc", "Weiss", "Olsen", "Marin", "Rossi", "Brandt", "Zajc", "Urban")
GOODS = {"Tea": "Drinks", "Coffee": "Drinks", "Mug": "Kitchen", "Kettle": "Kitchen", "Honey": "Food"}
DAYS = 560
BEGIN = date(2024, 1, 8)


def write_shop(path: Path, *, customers: int = 320, spoiled: int = 3) -> Path:
    """The file; its last rows cannot be used."""
    rng = np.random.default_rng(7)
    rows: list[list[object]] = []
    for number in range(customers):
        name = f"{FIRST[number % 10]} {LAST[number // 10 % 10]}{'' if number < 100 else f' {number // 100 + 1}'}"
        day, leaves = float(rng.integers(0, DAYS - 40)), rng.exponential(1 / rng.gamma(0.8, 1 / 220))
        begins, gap, spends = day, 1 / rng.gamma(1.1, 1 / 45), rng.gamma(3, 14)
        while day < min(DAYS, begins + leaves):
            rows += _order(rng, number, name, BEGIN + timedelta(days=int(day)), spends)
            day += max(1.0, rng.exponential(gap))
    rows.sort(key=lambda row: str(row[5]))
    for place, row in enumerate(rows):
        row[0] = f"A{place // 2:05d}" if not row[0] else row[0]
    rows += [["X1", "C0001", "Ada Novak", "", "", "no date", "Tea", "Drinks", 1, "5.00", "web", "card"]] * spoiled
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def _order(rng: np.random.Generator, number: int, name: str, on: date, spends: float) -> list[list[object]]:
    order = f"O{on:%y%m%d}{number:04d}"
    channel, payment = rng.choice(["web", "shop", "phone"], p=[0.6, 0.3, 0.1]), rng.choice(["card", "invoice"])
    who = [f"C{number:04d}", name, f"customer{number}@example.com", LAST[number % 7] + "burg", on.isoformat()]
    goods = rng.choice(list(GOODS), size=int(rng.integers(1, 4)), replace=False)
    return [
        [order, *who, good, GOODS[good], int(rng.integers(1, 4)), f"{rng.gamma(6, spends / 6):.2f}", channel, payment]
        for good in goods
    ]
