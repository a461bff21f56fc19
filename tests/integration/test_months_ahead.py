"""The base's orders and value month by month: they add up, and they start and end where the horizon does."""

import json
from datetime import date, timedelta

import pytest
from shops import shop
from typer.testing import CliRunner

from keepers.cli.main import app


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> dict:
    path = shop(customers=250).write(tmp_path_factory.mktemp("shop") / "orders.csv")
    result = CliRunner().invoke(app, ["value", str(path), "--holdout", "none", "--json", "--as-of", "2024-02-05"])
    assert result.exit_code == 0, result.output + str(result.exception)
    return json.loads(result.stdout)["base"]


def test_months_add_to_the_orders_and_the_value_of_the_horizon(base: dict) -> None:
    months = base["months"]
    assert sum(each["expected_orders"]["mean"] for each in months) == pytest.approx(base["expected_orders"]["mean"])
    assert sum(each["value"]["mean"] for each in months) == pytest.approx(base["period_value"]["mean"])
    assert all(each["expected_orders"]["low"] < each["expected_orders"]["mean"] for each in months)
    assert all(each["expected_orders"]["mean"] < each["expected_orders"]["high"] for each in months)


def test_months_are_those_of_the_calendar_from_the_day_after_to_the_horizon(base: dict) -> None:
    months = base["months"]
    assert [each["month"] for each in months[:2]] == ["2024-02", "2024-03"]
    assert (months[0]["begins"], months[0]["days"], months[1]["days"]) == ("2024-02-06", 24, 31)
    last = date.fromisoformat(months[-1]["begins"]) + timedelta(days=months[-1]["days"] - 1)
    assert last == date(2024, 2, 5) + timedelta(days=364)


def test_a_whole_month_soon_brings_more_than_one_far_off_and_is_surer_than_the_sum_of_doubts(base: dict) -> None:
    whole = [each for each in base["months"] if each["days"] == 31]
    assert whole[0]["expected_orders"]["mean"] > whole[-1]["expected_orders"]["mean"]
    width = sum(each["expected_orders"]["high"] - each["expected_orders"]["low"] for each in base["months"])
    assert width > base["expected_orders"]["high"] - base["expected_orders"]["low"]
