"""What was known at the end of a week: expected orders times what an order holds, which is told in several ways."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from keepers.decisions.stock.sales import WEEK, Floats, Integers, Sales

FAST, SLOW = 3.0, 13.0  # weeks after which a sale counts half
CREDIBILITY = 3.0  # orders after which a customer's own mix counts as much as everybody's
PACK_CREDIBILITY = 3.0  # purchases after which a product's own sizes of purchase do
YEAR = 52
MIXES = ("own", "fast", "slow", "ever", "year")
"""What an order holds: by what each customer bought, by the last weeks, by the last months, by all the history, and by
the same weeks of last year (where there are such)."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Expected orders in the weeks after a day.

    customers: places of those who are known, rising, shape (n,)
    by_week: of each, shape (n, weeks) [orders]
    others: of everybody else, newcomers above all, shape (weeks,) [orders]
    """

    customers: Integers
    by_week: Floats
    others: Floats

    @property
    def total(self) -> Floats:
        """Of everybody, shape (weeks,)."""
        whole: Floats = self.by_week.sum(axis=0) + self.others
        return whole


ExpectOrders = Callable[[int, int], Orders | None]  # last known day (days since 1970), weeks ahead


@dataclass(frozen=True, slots=True)
class Known:
    """All that the forecast of a week's end rests on; nothing later is read.

    week: the last that is known
    mixes: expected pieces by each way to tell what an order holds, shape (mixes, products, weeks ahead) [pieces]
    quiet: purchases that its own pace would have brought since the last one, shape (products,)
    pack: pieces that come and go together, shape (products,) [pieces]
    seen: whether it was ever sold, shape (products,)
    """

    week: int
    mixes: Floats
    quiet: Floats
    pack: Floats
    seen: NDArray[np.bool_]

    def at(self, chosen: NDArray[np.bool_] | Integers) -> "Known":
        """What is known of some products."""
        return Known(self.week, self.mixes[:, chosen], self.quiet[chosen], self.pack[chosen], self.seen[chosen])


def known_at(sales: Sales, week: int, *, ahead: int, expect_orders: ExpectOrders, with_year: bool) -> Known:
    """What was known at the end of a week about the weeks ahead.

    Args:
        sales: all sales; those after the week are not looked at.
        week: 0 or less.
        ahead: how many weeks to look ahead.
        expect_orders: the base's expected orders as of a day.
        with_year: also by the same weeks of last year, which must be known.
    """
    cut = sales.weeks + week
    orders = expect_orders(sales.today + WEEK * week, ahead) or _level_orders(sales, cut, ahead)
    total, ago = orders.total, np.arange(cut)[::-1]
    pieces, placed = sales.pieces[:, :cut], sales.orders[:cut]
    mixes = [_own(sales, week, orders)]
    mixes += [_lately(pieces, placed, ago, half)[:, None] * total for half in (FAST, SLOW, np.inf)]
    if with_year:
        mixes.append(_last_year(pieces, placed, ahead) * total)
    bought = sales.purchases[:, :cut]
    return Known(week, np.stack(mixes), _quiet(bought), _packs(sales, week), np.asarray(bought.any(axis=1)))


def _level_orders(sales: Sales, cut: int, ahead: int) -> Orders:
    """As many orders as lately, where the customers' histories are too thin to tell."""
    weight = 0.5 ** (np.arange(cut)[::-1] / FAST)
    level = float(sales.orders[:cut] @ weight / weight.sum())
    return Orders(np.empty(0, dtype=np.int64), np.empty((0, ahead)), np.full(ahead, level))


def _lately(pieces: Floats, placed: Floats, ago: Integers, half: float) -> Floats:
    """Pieces an order, the longer ago the less, shape (products,)."""
    weight = 0.5 ** (ago / half)
    mix: Floats = pieces @ weight / max(float(placed @ weight), 1e-9)
    return mix


def _last_year(pieces: Floats, placed: Floats, ahead: int) -> Floats:
    """Pieces an order around the same weeks of last year, shape (products, weeks)."""
    mixes = []
    for week in range(ahead):
        middle = pieces.shape[1] - YEAR + week % YEAR
        around = slice(max(middle - 1, 0), min(middle + 2, pieces.shape[1]))
        mixes.append(pieces[:, around].sum(axis=1) / max(float(placed[around].sum()), 1e-9))
    return np.stack(mixes, axis=1)


def _own(sales: Sales, week: int, orders: Orders) -> Floats:
    """Each customer's expected orders times their own mix, drawn towards everybody's; (products, weeks) [pieces]."""
    seen = sales.week <= week
    decay = np.where(seen, 0.5 ** ((week - sales.week) / SLOW), 0.0)
    place = np.full(len(sales.customers) + 1, -1, dtype=np.int64)  # the last is nobody's
    place[orders.customers] = np.arange(orders.customers.size)
    named = seen & (place[sales.customer] >= 0)
    ordered = sales.ordered_week <= week
    order_decay = 0.5 ** ((week - sales.ordered_week[ordered]) / SLOW)
    placed = np.bincount(sales.ordered_by[ordered], weights=order_decay, minlength=len(sales.customers))
    share = orders.by_week / (placed[orders.customers] + CREDIBILITY)[:, None]
    rows = (sales.quantity[named] * decay[named], (sales.product[named], place[sales.customer[named]]))
    own = sp.csr_matrix(rows, shape=(len(sales.products), orders.customers.size)) @ share
    weights = np.where(named, sales.quantity * decay, 0.0)
    usual = _sum(sales, weights) / max(float(placed.sum()), 1e-9)
    nobodys = _sum(sales, sales.quantity * decay - weights) / max(float(_placed(sales, week)), 1e-9)
    rest = CREDIBILITY * share.sum(axis=0) + orders.others
    mixed: Floats = own + usual[:, None] * rest + nobodys[:, None] * orders.total
    return mixed


def _sum(sales: Sales, amounts: Floats) -> Floats:
    return np.asarray(np.bincount(sales.product, weights=amounts, minlength=len(sales.products)), dtype=np.float64)


def _placed(sales: Sales, week: int) -> float:
    cut = sales.weeks + week
    return float(sales.orders[:cut] @ 0.5 ** (np.arange(cut)[::-1] / SLOW))


def _quiet(bought: Floats) -> Floats:
    """Purchases that the product's own pace, while it sold, would have brought since the last one, (products,)."""
    weeks, sold = bought.shape[1], bought > 0
    silent = np.where(sold.any(axis=1), sold[:, ::-1].argmax(axis=1), weeks)
    span = np.maximum(weeks - silent - sold.argmax(axis=1), 1)
    quiet: Floats = bought.sum(axis=1) / span * silent
    return quiet


def _packs(sales: Sales, week: int) -> Floats:
    """Mean pieces of a purchase as a piece sees it, drawn towards the typical product's, (products,)."""
    seen = sales.week <= week
    product, quantity = sales.product[seen], sales.quantity[seen]
    count, total, squares = (
        np.bincount(product, weights=quantity**power, minlength=len(sales.products)) for power in (0, 1, 2)
    )
    usual = total / np.maximum(count, 1)
    many = count >= PACK_CREDIBILITY
    typical = float(np.median(squares[many] * count[many] / total[many] ** 2)) if many.any() else 1.0
    pack = (squares + PACK_CREDIBILITY * typical * usual**2) / np.maximum(total + PACK_CREDIBILITY * usual, 1e-9)
    return np.where(count > 0, pack, 1.0)
