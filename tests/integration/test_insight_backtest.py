"""The backtest keeps what the pages of trust need: tenths and weeks that add up to its totals."""

import dataclasses
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from insight_cases import two_hundred_customers

from keepers.clv.histories import Histories
from keepers.core.periods import Period
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions
from keepers.valuation.assumptions import MODELS, Assumptions
from keepers.valuation.backtesting.backtest import run_backtest
from keepers.valuation.backtesting.weeks import unrest_of
from keepers.valuation.models import BY_NAME
from keepers.warehouse.store import MemoryStore

AS_OF = date(2026, 6, 20)
HOLDOUT = 140


@pytest.fixture(scope="module")
def backtest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("backtest")
    imported = read_orders(
        [two_hundred_customers(folder / "orders.csv")], options=ImportOptions(), into=folder / "lines"
    )
    store = MemoryStore(folder / "store")
    store.append("order_lines", imported.lines)
    assumptions = Assumptions(horizon=Period.parse("52w"), value_cap=Period.parse("5y"), model="pareto-nbd")
    try:
        return run_backtest(store, assumptions, as_of=AS_OF, holdout_days=HOLDOUT).as_json()
    finally:
        store.close()


def test_the_tenths_hold_everybody_once_and_add_up_to_the_totals(backtest: dict[str, Any]) -> None:
    tenths = backtest["tenths"]
    assert [row["tenth"] for row in tenths] == list(range(1, 11))
    assert sum(row["customers"] for row in tenths) == backtest["customers"]
    for kind in ("orders", "value"):
        for figure in ("actual", "mean"):
            total = sum(row[kind][figure] for row in tenths)
            assert total == pytest.approx(backtest[f"total_{kind}"][figure]), (kind, figure)


def test_the_first_tenth_is_the_one_of_which_most_is_forecast(backtest: dict[str, Any]) -> None:
    forecast = [row["value"]["mean"] for row in backtest["tenths"]]
    assert forecast == sorted(forecast, reverse=True)
    assert set(backtest["tenths"][0]["value"]["rules"]) == {"rfm", "carried_forward", "boosting"}


def test_the_weeks_of_the_hold_out_add_up_to_its_total(backtest: dict[str, Any]) -> None:
    weeks = [week for week in backtest["weeks"] if week["low"] is not None]
    assert len(weeks) == HOLDOUT // 7
    assert weeks[0]["begins"] == (AS_OF - timedelta(days=HOLDOUT - 1)).isoformat()
    assert sum(week["actual"] for week in weeks) == backtest["total_orders"]["actual"]
    assert sum(week["mean"] for week in weeks) == pytest.approx(backtest["total_orders"]["mean"])
    assert all(week["low"] <= week["mean"] <= week["high"] for week in weeks)


def test_the_weeks_before_it_are_fitted_without_a_range(backtest: dict[str, Any]) -> None:
    weeks = [week for week in backtest["weeks"] if week["low"] is None]
    came, fitted = (np.array([week[name] for week in weeks]) for name in ("actual", "mean"))
    assert fitted.sum() == pytest.approx(came.sum(), rel=0.05)
    assert np.corrcoef(came[4:], fitted[4:])[0, 1] > 0.5


def test_about_nine_weeks_in_ten_fall_within_the_range(backtest: dict[str, Any]) -> None:
    weeks = [week for week in backtest["weeks"] if week["low"] is not None]
    held = sum(week["low"] <= week["actual"] <= week["high"] for week in weeks)
    assert held >= 0.75 * len(weeks)


NEW_CUSTOMERS = {"r": 0.6, "alpha": 6.0, "s": 0.8, "beta": 20.0, "a": 0.8, "b": 2.5, "k": 2}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_expected_of_new_customers_is_what_simulated_ones_do(name: str) -> None:
    model = BY_NAME[name]
    fields = (field.name for field in dataclasses.fields(model.Parameters))
    parameters = model.Parameters(**{field: NEW_CUSTOMERS[field] for field in fields})
    weeks = 40.0
    simulated = model.simulate(parameters, age=np.full(60_000, weeks), generator=np.random.default_rng(7))
    expected = model.expected_orders(parameters, Histories.of([0], [0.0], [0.0], time_unit_days=7.0), horizon=weeks)
    assert expected[0] == pytest.approx(simulated.repeat_orders.mean(), rel=0.04)


def test_a_quiet_history_has_no_unrest_and_a_swinging_one_has() -> None:
    fitted = np.full(60, 400.0)
    generator = np.random.default_rng(3)
    calm = unrest_of(generator.poisson(fitted).astype(np.float64), fitted)
    swinging = unrest_of(generator.poisson(fitted * generator.lognormal(0, 0.2, 60)).astype(np.float64), fitted)
    assert calm < 0.002
    assert swinging == pytest.approx(0.04, rel=0.5)
    assert unrest_of(fitted[:5], fitted[:5]) == 0
