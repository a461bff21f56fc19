"""Nothing after the calibration's end may move a backtest's forecast."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shops import FIRST_DAY, Shop, shop
from typer.testing import CliRunner

from keepers.cli.main import app

AS_OF = FIRST_DAY + timedelta(days=399)
CUT = AS_OF - timedelta(days=120)
FORECASTS = ("customer_id", "mean_orders", "orders_low", "orders_high", "mean_value", "value_low", "value_high")


def forecasts(orders: Shop, folder: Path) -> pa.Table:
    path, out = orders.write(folder / "orders.csv"), folder / "backtest.parquet"
    options = ["--as-of", AS_OF.isoformat(), "--holdout", "120d", "--json", "--backtest-out", str(out)]
    result = CliRunner().invoke(app, ["value", str(path), *options])
    assert result.exit_code == 0, result.output
    return pq.read_table(out)


@pytest.fixture(scope="module")
def original() -> Shop:
    return shop(customers=250)


@pytest.fixture(scope="module")
def expected(original: Shop, tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    return forecasts(original, tmp_path_factory.mktemp("original"))


@pytest.mark.parametrize("change", ["amounts", "returns", "gone", "newcomers"])
def test_what_happens_after_the_cut_does_not_move_the_forecast(
    original: Shop, expected: pa.Table, tmp_path: Path, change: str
) -> None:
    before = [order for order in original.orders if order[1] <= CUT]
    after = [order for order in original.orders if order[1] > CUT]
    altered = {
        "amounts": [(customer, day, 7 * amount) for customer, day, amount in after],
        "returns": after + [(customer, CUT + timedelta(days=5), -amount) for customer, _, amount in before[-50:]],
        "gone": after[:1],
        "newcomers": after + [(f"N{n}", CUT + timedelta(days=1 + n % 100), 99.0) for n in range(500)],
    }[change]
    found = forecasts(replace(original, orders=sorted(before + altered, key=lambda o: o[1])), tmp_path)
    assert found.select(FORECASTS).equals(expected.select(FORECASTS))
    assert found["actual_value"].equals(expected["actual_value"]) == (change == "newcomers")
