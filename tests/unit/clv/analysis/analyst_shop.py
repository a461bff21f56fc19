"""A small shop's order log, made once: 300 customers of a year and a half, some of them gone."""

from functools import cache
from typing import Any

import numpy as np

from keepers import clv

FIRST_DAY = np.datetime64("2024-01-01")
LAST_DAY = "2025-06-30"


@cache
def order_log() -> dict[str, Any]:
    """Columns `who`, `day`, `paid`; some customers order twice on a day."""
    random = np.random.default_rng(5)
    span = int((np.datetime64(LAST_DAY) - FIRST_DAY).astype(int))
    who, day, paid = [], [], []
    for customer in range(300):
        rate, leaves = random.gamma(0.8, 1 / 30), random.exponential(260)
        at, end = random.uniform(0, 200), span
        mean = random.gamma(4, 10)
        left = at + leaves
        while at <= min(left, end):
            for _ in range(1 + (random.random() < 0.1)):
                who.append(f"c{customer:03}")
                day.append(str(FIRST_DAY + int(at)))
                paid.append(round(random.gamma(3, mean / 3), 2))
            at += max(random.exponential(1 / rate), 1)
    return {"who": np.array(who), "day": np.array(day), "paid": np.array(paid)}


@cache
def customers() -> clv.Customers:
    return clv.Customers.from_orders(order_log(), customer="who", ordered_on="day", value="paid", as_of=LAST_DAY)


@cache
def fitted() -> clv.FittedValueModel:
    return clv.ValueModel(model="pareto-nbd").fit(customers())


def by_channel() -> clv.Customers:
    """The shop, where every second customer came by the web."""
    log = order_log()
    channel = np.where([int(who[1:]) % 2 for who in log["who"]], "web", "shop")
    return clv.Customers.from_orders(
        {**log, "channel": channel}, customer="who", ordered_on="day", value="paid", as_of=LAST_DAY, by=["channel"]
    )
