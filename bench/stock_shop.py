"""A made-up shop of two years and a half, by rules that the engine does not assume."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

FIRST, WEEKS, PRODUCTS, CUSTOMERS = date(2022, 1, 3), 130, 900, 2_000


def shop(seed: int) -> pa.Table:
    """Order lines of a gift shop.

    Products' pull wanders as a random walk, a third come later, a quarter are dropped, some weeks have an offer that
    quadruples a product, a third of the range is for Christmas, a tenth sells in boxes of six or twelve. Customers
    have a handful of products that they come back for, come at their own pace and stay away for good some day.
    """
    generator = np.random.default_rng(seed)
    pull = np.exp(
        generator.normal(0, 1.6, PRODUCTS)[:, None] + np.cumsum(generator.normal(0, 0.06, (PRODUCTS, WEEKS)), 1)
    )
    weeks = np.arange(WEEKS)
    begins = np.where(generator.random(PRODUCTS) < 0.33, generator.integers(0, WEEKS, PRODUCTS), 0)
    ends = np.where(generator.random(PRODUCTS) < 0.25, generator.integers(20, WEEKS, PRODUCTS), WEEKS)
    pull *= (weeks >= begins[:, None]) & (weeks < ends[:, None])
    pull *= np.where(generator.random((PRODUCTS, WEEKS)) < 0.01, 4.0, 1.0)
    christmas = 1 + 5 * np.exp(-(((weeks % 52) - 48) ** 2) / 8)
    pull *= np.where((generator.random(PRODUCTS) < 0.33)[:, None], christmas, 1.0)
    pack = generator.choice([1, 1, 1, 1, 1, 1, 1, 1, 1, 6, 12], PRODUCTS)
    comes = generator.integers(-60, WEEKS, CUSTOMERS)
    leaves = comes + generator.geometric(1 / 40, CUSTOMERS)
    pace = generator.gamma(1.2, 0.12, CUSTOMERS)
    favourites = generator.integers(0, PRODUCTS, (CUSTOMERS, 5))
    rows: list[tuple[str, str, date, str, float, float]] = []
    for week in weeks.tolist():
        rate = pace * (comes <= week) * (leaves > week) * (1 + 0.8 * np.exp(-(((week % 52) - 48) ** 2) / 8))
        share = pull[:, week] / pull[:, week].sum()
        for customer in np.flatnonzero(generator.random(CUSTOMERS) < np.minimum(rate, 1)).tolist():
            day = FIRST + timedelta(days=7 * week + int(generator.integers(7)))
            some = generator.choice(PRODUCTS, generator.integers(1, 5), p=share)
            mine = favourites[customer][pull[favourites[customer], week] > 0]
            mine = mine[generator.random(mine.size) < 0.3]
            for product in np.unique(np.concatenate([some, mine])).tolist():
                pieces = float(pack[product] * generator.geometric(0.7))
                rows.append((f"{week}-{customer}", f"c{customer}", day, f"p{product}", pieces, 3.0 * pieces))
    names = ("order_id", "customer_id", "order_date", "product_id", "quantity", "amount")
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
