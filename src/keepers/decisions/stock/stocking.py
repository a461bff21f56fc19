"""The tables: of each product what is expected and what to keep, and the same week by week."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.decisions.stock.forecasting import HIGH, LOW, Asked, History, Judgement, Learned
from keepers.decisions.stock.mixes import Known
from keepers.decisions.stock.sales import Floats, first_day
from keepers.decisions.stock.spread import Spread

STEADY, SELDOM, NEW, QUIET = "steady", "now and then", "new", "gone quiet"
NEW_WEEKS = 8  # a product is new for so long
QUIET_WEEKS, QUIET_PURCHASES = 8, 4.0  # without a sale, and so many that its own pace would have brought
LATELY = 13  # weeks that tell how often it sells


@dataclass(frozen=True, slots=True)
class Stock:
    """What to keep.

    products: a row a product that was ever sold, the most expected packs first
    weeks: a row a product and coming week
    mixes: the share of each mix in what is expected
    judgement: None where the history is too short to hold weeks out
    """

    products: pa.Table
    weeks: pa.Table
    mixes: dict[str, float]
    learned_windows: int
    judgement: Judgement | None


def stock_of(history: History, names: pa.Table, *, seed: int) -> Stock:
    """Forecast, and say what to keep of each product.

    Args:
        history: what was sold, and the question.
        names: the step `product_names`.
        seed: of the rows that are learned from where they are many.

    Returns:
        `products`: `product_id`, `name`, `category`, `sells` (steady, now and then, new, gone quiet), `expected_units`,
        `units_low`, `units_high` over all the weeks asked about, `window_units` expected until the next delivery but
        one, `stock_level` that lasts until then with the chance asked for, `stock_reason`.
        `weeks`: `product_id`, `week_begins`, `expected_units`, `units_low`, `units_high`.

    Raises:
        TooLittleSoldError: the history is too short to learn from.
    """
    learned = history.learned(0, seed=seed)
    judgement = history.judged(seed=seed)
    whole = history.known(0)
    sold = np.flatnonzero(whole.seen)
    known = whole.at(sold)
    middle = learned.blend.of(known)
    week, all_weeks = history.spread_of_weeks(learned.blend, seed=seed), history.spread_of_all(learned, seed=seed)
    ahead = _Ahead.of(middle, known, learned, all_weeks, history.asked)
    order = np.lexsort((sold, -ahead.window_packs))
    products = _products(history, sold, ahead, names).take(pa.array(order))
    weeks = _weeks(history, sold[order], middle[order], known.at(order), week, ahead.level[order])
    mixes = dict(zip(history.mixes, learned.blend.weights.tolist(), strict=True))
    return Stock(products, weeks, mixes, learned.windows, judgement)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Of each product: mean and range of the weeks asked about, mean and level of the window; all (products,)."""

    level: Floats
    window_packs: Floats
    window_units: Floats
    stock_level: Floats
    expected: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, middle: Floats, known: Known, learned: Learned, all_weeks: Spread, asked: Asked) -> "_Ahead":
        window, whole = middle[:, : asked.window].sum(axis=1), middle[:, : asked.weeks].sum(axis=1)
        level = learned.window.level_of(window, known.pack)
        return cls(
            level,
            window / known.pack,
            window * level,
            np.ceil(learned.window.quantile(window, known.pack, asked.service)),
            whole * level,
            np.floor(all_weeks.quantile(whole, known.pack, LOW)),
            np.ceil(all_weeks.quantile(whole, known.pack, HIGH)),
        )


def _products(history: History, sold: NDArray[np.int64], ahead: _Ahead, names: pa.Table) -> pa.Table:
    ids = history.sales.products.take(pa.array(sold))
    place = pc.index_in(ids, value_set=names["product_id"].combine_chunks())
    sells, reasons = _told(history, sold)
    return pa.table(
        {
            "product_id": ids,
            "name": names["name"].take(place),
            "category": names["category"].take(place),
            "sells": pa.array(sells, pa.string()),
            "expected_units": ahead.expected,
            "units_low": ahead.low,
            "units_high": ahead.high,
            "window_units": ahead.window_units,
            "stock_level": ahead.stock_level,
            "stock_reason": pa.array(reasons, pa.string()),
        }
    )


def _weeks(
    history: History, sold: NDArray[np.int64], middle: Floats, known: Known, week: Spread, level: Floats
) -> pa.Table:
    weeks = history.asked.weeks
    each = middle[:, :weeks]
    pack = np.repeat(known.pack[:, None], weeks, axis=1)
    begins = [first_day(history.sales.as_of, number) for number in range(1, weeks + 1)]
    return pa.table(
        {
            "product_id": history.sales.products.take(pa.array(np.repeat(sold, weeks))),
            "week_begins": pa.array(begins * sold.size, pa.date32()),
            "expected_units": (each * level[:, None]).ravel(),
            "units_low": np.floor(week.quantile(each, pack, LOW)).ravel(),
            "units_high": np.ceil(week.quantile(each, pack, HIGH)).ravel(),
        }
    )


def _told(history: History, sold: NDArray[np.int64]) -> tuple[list[str], list[str]]:
    """How each product sells, and what follows for what to keep, in the reader's words."""
    bought = history.sales.purchases[sold] > 0
    weeks = bought.shape[1]
    silent, age = bought[:, ::-1].argmax(axis=1), weeks - bought.argmax(axis=1)
    lately = min(LATELY, weeks)
    busy = bought[:, -lately:].sum(axis=1)
    gone = (silent >= QUIET_WEEKS) & (history.known(0).quiet[sold] >= QUIET_PURCHASES)
    sells = np.select([gone, age <= min(NEW_WEEKS, weeks - 1), 2 * busy > lately], [QUIET, NEW, STEADY], SELDOM)
    words = [
        _words(*row, lately) for row in zip(sells.tolist(), silent.tolist(), age.tolist(), busy.tolist(), strict=True)
    ]
    return sells.tolist(), words


def _words(sells: str, silent: int, age: int, busy: int, lately: int) -> str:
    if sells == QUIET:
        return f"Nothing sold for {silent} weeks, far longer than its pace: sold out, or dropped? Only you know."
    if sells == NEW:
        return f"First sold {age} week{'' if age == 1 else 's'} ago: little is known of it yet."
    return f"Sold in {busy} of the last {lately} weeks."
