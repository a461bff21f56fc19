"""Stock levels, on sales whose law is known."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from keepers.decisions.stock.forecasting import Asked, History, InvalidStockQuestionError
from keepers.decisions.stock.mixes import Orders
from keepers.decisions.stock.sales import Sales, TooLittleSoldError, sales_of
from keepers.decisions.stock.stocking import Stock, stock_of

AS_OF = date(2025, 12, 28)
WEEKS, PRODUCTS, LATER = 60, 400, 3


def _rows(pieces: np.ndarray, *, pack: int = 1) -> pa.Table:
    """Sales to nobody by name, one row a purchase of `pack` pieces."""
    product, week = (np.repeat(places, pieces[np.nonzero(pieces)]) for places in np.nonzero(pieces))
    days = [AS_OF - timedelta(days=7 * (pieces.shape[1] - 1 - int(w))) for w in week]
    return pa.table(
        {
            "product_id": pa.array([f"p{p:03d}" for p in product], pa.string()),
            "customer_id": pa.nulls(len(product), pa.string()),
            "bought_on": pa.array(days, pa.date32()),
            "quantity": pa.array(np.full(len(product), float(pack))),
        }
    )


def _nobody(day: int, weeks: int) -> Orders | None:
    return None


def _history(rows: pa.Table, asked: Asked) -> History:
    return History(sales_of(rows, as_of=AS_OF), asked, _nobody)


def _names(sales: Sales) -> pa.Table:
    return pa.table({"product_id": sales.products, "name": sales.products, "category": sales.products})


def _stock(rows: pa.Table, asked: Asked) -> Stock:
    history = _history(rows, asked)
    return stock_of(history, _names(history.sales), seed=1)


@pytest.fixture(scope="module")
def shop() -> tuple[np.ndarray, np.ndarray]:
    """Rates from twice a year to ten a week that differ from week to week, the last three weeks yet to come."""
    generator = np.random.default_rng(5)
    rate = np.exp(generator.uniform(np.log(0.04), np.log(10.0), PRODUCTS))[:, None]
    pieces = generator.poisson(rate * generator.gamma(4.0, 0.25, (PRODUCTS, WEEKS + LATER)))
    return pieces[:, :WEEKS], pieces[:, WEEKS:].sum(axis=1)


@pytest.mark.parametrize("service", [0.8, 0.95])
def test_a_level_lasts_as_often_as_was_asked(shop: tuple[np.ndarray, np.ndarray], service: float) -> None:
    known, later = shop
    found = _stock(_rows(known), Asked(weeks=3, service=service, lead_time=2, review=1))
    place = [int(product[1:]) for product in found.products["product_id"].to_pylist()]
    level = found.products["stock_level"].to_numpy()
    often = known[place].sum(axis=1) > WEEKS  # of the others nobody asks in most windows
    lasted = later[place] <= level
    assert lasted[often].mean() == pytest.approx(service, abs=0.06)
    assert lasted.mean() >= service - 0.02
    assert found.judgement is not None
    assert found.judgement.served[-1].achieved >= service - 0.02
    expected = found.products["window_units"].to_numpy()
    assert expected.sum() == pytest.approx(later[place].sum(), rel=0.08)
    assert found.products["expected_units"].to_numpy() == pytest.approx(expected)  # three weeks either way
    by_week = found.weeks["expected_units"].to_numpy().reshape(-1, 3).sum(axis=1)
    assert by_week == pytest.approx(expected)


def test_what_sells_by_the_dozen_is_kept_by_the_dozen(shop: tuple[np.ndarray, np.ndarray]) -> None:
    known, _ = shop
    asked = Asked(weeks=3)
    single, dozen = (_stock(_rows(known[:60], pack=pack), asked).products.sort_by("product_id") for pack in (1, 12))
    assert dozen["stock_level"].to_numpy() == pytest.approx(12 * single["stock_level"].to_numpy(), abs=12)
    assert dozen["window_units"].to_numpy() == pytest.approx(12 * single["window_units"].to_numpy(), rel=1e-4)


def test_nothing_that_was_sold_later_changes_what_was_known(shop: tuple[np.ndarray, np.ndarray]) -> None:
    known, _ = shop
    changed = known.copy()
    changed[:, -3:] *= 5
    asked = Asked(weeks=3)
    before, after = (_history(_rows(each), asked).known(-3) for each in (known, changed))
    assert before.mixes == pytest.approx(after.mixes)
    assert before.quiet == pytest.approx(after.quiet)
    assert before.pack == pytest.approx(after.pack)


def test_new_products_and_those_gone_quiet_are_named(shop: tuple[np.ndarray, np.ndarray]) -> None:
    known = shop[0].copy()
    known[0], known[0, :40] = 0, 3  # quiet for 20 weeks
    known[1], known[1, -2:] = 0, 3  # sold for the first time two weeks ago
    known[2] = 3
    rows = {row["product_id"]: row for row in _stock(_rows(known), Asked()).products.to_pylist()}
    assert [rows[f"p00{number}"]["sells"] for number in range(3)] == ["gone quiet", "new", "steady"]
    assert rows["p000"]["stock_reason"].startswith("Nothing sold for 20 weeks")
    assert rows["p001"]["stock_reason"] == "First sold 2 weeks ago: little is known of it yet."
    assert rows["p000"]["window_units"] < rows["p002"]["window_units"]


def test_last_years_weeks_are_read_where_two_years_are_known() -> None:
    season = 5.0 + 4.0 * np.sin(2 * np.pi * np.arange(107) / 52)  # it rises from the 104th week on
    pieces = np.random.default_rng(1).poisson(np.broadcast_to(season, (60, 107)))
    found = _stock(_rows(pieces[:, :104]), Asked(weeks=3))
    assert found.mixes["year"] > 0.5
    assert found.products["window_units"].to_numpy().sum() == pytest.approx(pieces[:, 104:].sum(), rel=0.2)


def test_own_mixes_follow_the_customers_who_will_order() -> None:
    pieces = np.ones((40, WEEKS), dtype=np.int64)
    rows = _rows(pieces)
    whose = pa.array(
        ["tea drinker" if product < "p020" else "coffee drinker" for product in rows["product_id"].to_pylist()]
    )
    sales = sales_of(rows.set_column(1, "customer_id", whose), as_of=AS_OF)

    def only_tea(day: int, weeks: int) -> Orders:
        return Orders(np.array([0, 1]), np.array([[0.0] * weeks, [2.0] * weeks]), np.zeros(weeks))

    own = History(sales, Asked(weeks=3), only_tea).known(0).mixes[0]
    assert sales.customers.to_pylist() == ["coffee drinker", "tea drinker"]
    assert own[:20].mean() > 5 * own[20:].mean()


def test_too_short_a_history_and_impossible_questions_are_told_in_words() -> None:
    with pytest.raises(TooLittleSoldError, match="weeks of sales do not tell"):
        _stock(_rows(np.ones((40, 9), dtype=np.int64)), Asked())
    with pytest.raises(TooLittleSoldError, match="--map product_id=HEADER"):
        sales_of(_rows(np.zeros((1, 1), dtype=np.int64)), as_of=AS_OF)
    with pytest.raises(TooLittleSoldError, match="Nothing was sold in the 157 weeks"):
        sales_of(_rows(np.ones((1, 1), dtype=np.int64)), as_of=AS_OF + timedelta(days=1_500))
    with pytest.raises(InvalidStockQuestionError, match="a chance between 0 and 1"):
        Asked(service=1.0)
    with pytest.raises(InvalidStockQuestionError, match="whole weeks"):
        Asked(weeks=0)
