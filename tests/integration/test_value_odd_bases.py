"""`keepers value` on order files that are odd but real: whatever the base, an answer or a sentence."""

import json
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shops import FIRST_DAY, Shop, shop
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.cli.stories.value import tell
from keepers.cli.tables_out import CannotWriteError
from keepers.core.periods import Period
from keepers.ingest.report import ImportOptions
from keepers.loop.files.value_orders import ValueRequest, value_orders
from keepers.valuation.assumptions import Assumptions

Order = tuple[str, date, float]


def both(path: Path, *, horizon: str = "52w", value_cap: str = "5y", **asked: Any) -> tuple[dict, str]:
    """The object and the story of one valuation, as the command asks for it and tells them."""
    assumptions = Assumptions(Period.parse(horizon), Period.parse(value_cap))
    with tempfile.TemporaryDirectory() as folder:
        valued = value_orders(ValueRequest((path,), ImportOptions(), assumptions, **asked), folder=Path(folder))
    with redirect_stdout(StringIO()) as story:
        tell(valued)
    return json.loads(json.dumps(valued.as_json(), allow_nan=False)), " ".join(story.getvalue().split())


def priced(amount: Callable[[str, float], float]) -> Shop:
    orders: list[Order] = [(c, d, amount(c, a)) for c, d, a in shop(customers=120).orders]
    return Shop(orders)


def test_nobody_coming_back_in_the_hold_out_is_graded(tmp_path: Path) -> None:
    path = shop(customers=120).write(tmp_path / "orders.csv")
    found, story = both(path, as_of=FIRST_DAY + timedelta(days=1500))
    assert found["backtest"]["total_orders"]["actual"] == 0
    assert found["backtest"]["value_captured"]["top_10_percent"] is None
    assert "best tenth found" in story


@pytest.mark.parametrize("paying", [0, 2])
def test_amounts_of_zero_give_orders_and_say_why_there_is_no_value(tmp_path: Path, paying: int) -> None:
    path = priced(lambda customer, amount: amount if int(customer[1:]) < paying else 0.0).write(tmp_path / "orders.csv")
    found, story = both(path)
    assert found["base"]["residual_value"] is None
    assert found["base"]["expected_orders"]["mean"] > 0
    assert "no values" in story


def test_a_few_enormous_spenders_leave_every_value_finite(tmp_path: Path) -> None:
    size = np.random.default_rng(4).lognormal(3.0, 3.0, 120)
    path = priced(lambda customer, amount: round(float(size[int(customer[1:])]) * amount, 2)).write(tmp_path / "o.csv")
    found, story = both(path)
    worth = found["base"]["residual_value"]
    assert 0 < worth["low"] < worth["mean"]
    assert "not to be relied on" in story


def test_goods_sold_below_cost_make_a_story_of_losses(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = [f"{c},{d},{a},{a * 1.4:.2f}" for c, d, a in shop(customers=60).orders]
    path.write_text("customer_id,order_date,amount,cost\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found, story = both(path, holdout_days=0)
    assert found["base"]["residual_value"]["mean"] < 0
    assert "Customer equity −" in story
    assert "No backtest has tested any of it" in story


def test_everybody_ordering_on_the_same_days_ends_with_an_answer(tmp_path: Path) -> None:
    orders: list[Order] = [(f"C{n}", FIRST_DAY + timedelta(days=30 * k), 20.0 + n) for n in range(60) for k in range(3)]
    found, _ = both(Shop(orders).write(tmp_path / "orders.csv"))
    expected = found["base"]["expected_orders"]
    assert expected["high"] < 10 * expected["mean"]


def test_names_with_brackets_are_told_as_they_are(tmp_path: Path) -> None:
    orders: list[Order] = [(f"[b]{c}[/i]", d, a) for c, d, a in shop(customers=30).orders]
    _, story = both(Shop(orders).write(tmp_path / "orders.csv"), holdout_days=0)
    assert "[b]C" in story


def test_a_value_cap_below_the_horizon_is_the_horizon_and_called_so(tmp_path: Path) -> None:
    path = shop(customers=60).write(tmp_path / "orders.csv")
    found, story = both(path, horizon="2y", value_cap="1y", holdout_days=0)
    assert found["run"]["value_cap"] == "2y"
    assert "the next 2 years" in story


def test_a_hold_out_too_short_to_grade_is_named_as_that(tmp_path: Path) -> None:
    _, story = both(shop(customers=60).write(tmp_path / "orders.csv"), holdout_days=1)
    assert "14 are needed at least" in story


def test_without_a_backtest_to_write_the_answer_is_printed_and_the_lack_is_an_error(tmp_path: Path) -> None:
    path = shop(customers=60).write(tmp_path / "orders.csv")
    asked = ["value", str(path), "--holdout", "none", "--json", "--backtest-out", str(tmp_path / "backtest.csv")]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["backtest"] is None
    assert answer["error"] == str(result.exception)
    assert "no backtest to write" in str(result.exception)


def test_a_table_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    for out in ("values.xlsx", "nowhere/values.csv"):
        result = CliRunner().invoke(app, ["value", str(tmp_path / "not-even-there.csv"), "--out", str(tmp_path / out)])
        assert type(result.exception) is CannotWriteError


def test_returns_alone_are_no_orders(tmp_path: Path) -> None:
    path = priced(lambda _, amount: -amount).write(tmp_path / "orders.csv")
    result = CliRunner().invoke(app, ["value", str(path)])
    assert result.exit_code == 1
    assert "returns alone are no orders" in str(result.exception)


def test_one_order_long_after_the_others_is_warned_of(tmp_path: Path) -> None:
    orders = [*shop(customers=120).orders, ("C0001", date(2026, 1, 1), 10.0)]
    _, story = both(Shop(orders).write(tmp_path / "orders.csv"), holdout_days=0)
    assert "If later dates are mistakes" in story
    orders = [*shop(customers=120).orders, ("C0001", date(2999, 1, 1), 10.0)]
    _, story = both(Shop(orders).write(tmp_path / "ahead.csv"), holdout_days=0)
    assert "1 row is of a day to come, up to 2999-01-01. It counts once its day has come" in story
    assert "as of 2024-02-05" in story
    _, usual = both(shop(customers=120).write(tmp_path / "usual.csv"), holdout_days=0)
    assert "mistakes" not in usual
