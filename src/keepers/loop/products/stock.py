"""What to keep in stock: the base's expected orders meet what orders hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from keepers.decisions.stock.forecasting import Asked, History
from keepers.decisions.stock.mixes import Orders
from keepers.decisions.stock.sales import Sales, TooLittleSoldError, sales_of
from keepers.decisions.stock.stocking import Stock, stock_of
from keepers.insight.answers import Answer
from keepers.insight.questions import stock
from keepers.loop.last_day import last_day_in
from keepers.valuation.orders_ahead import orders_ahead
from keepers.warehouse.store import Store

SEED = 1


@dataclass(frozen=True, slots=True)
class StockAnswer:
    """What to keep, and as of when."""

    as_of: date
    asked: Asked
    stock: Stock


def stock_in(store: Store, asked: Asked, *, as_of: date | None = None) -> StockAnswer:
    """What to keep by the orders of a store, up to a day, or to the last order.

    Raises:
        KeepersError: the history is too short or names no products.
    """
    last = as_of or last_day_in(store)
    if last is None:
        raise TooLittleSoldError("There are no orders to learn from. Name order files, or import some.")
    history = history_in(store, asked, as_of=last)
    return StockAnswer(last, asked, stock_of(history, store.query("product_names"), seed=SEED))


def answers_with_stock(store: Store, *, as_of: date) -> dict[str, Answer]:
    """The answer that a run keeps; none where the orders name no products, tell too little, or are very many."""
    if store.query("order_window").to_pylist()[0]["lines"] > stock.MOST_LINES:
        return {}
    try:
        found = stock_in(store, Asked(), as_of=as_of)
    except TooLittleSoldError:
        return {}
    judgement, asked = found.stock.judgement, found.asked
    achieved = None if judgement is None else judgement.served[-1].achieved
    return {
        stock.NAME: stock.answer_of(
            found.stock.products, stock.Promise(asked.service, asked.window, asked.weeks, achieved)
        )
    }


def history_in(store: Store, asked: Asked, *, as_of: date) -> History:
    """What was sold up to a day and what was known before, for one question.

    Raises:
        TooLittleSoldError: no line names a product.
    """
    sales = sales_of(store.query("product_demand", as_of=as_of), as_of=as_of)
    return History(sales, asked, _expecting(sales))


def _expecting(sales: Sales) -> Callable[[int, int], Orders | None]:
    def expect(day: int, weeks: int) -> Orders | None:
        found = orders_ahead(sales.ordered_by, sales.ordered_on, as_of=day, weeks=weeks)
        return None if found is None else Orders(found.customers, found.by_week, found.newcomers)

    return expect
