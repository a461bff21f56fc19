"""What a new customer is worth: overall and by source, with the interval of the mean and that of a single one."""

import json
from pathlib import Path

import numpy as np
import pytest
from shops import Shop, shop
from typer.testing import CliRunner

from keepers.cli.main import app


def told(path: Path, *options: str) -> dict:
    result = CliRunner().invoke(app, ["value", str(path), "--holdout", "none", "--json", *options])
    assert result.exit_code == 0, result.output + str(result.exception)
    return json.loads(result.stdout)["base"]


def by_channel(folder: Path) -> Path:
    """The even customers came by web and spend four times as much as the odd ones, who came by phone."""
    rows = ["customer_id,order_date,amount,channel"]
    for customer, day, amount in shop(customers=400).orders:
        web = int(customer[1:]) % 2 == 0
        rows.append(f"{customer},{day},{amount * (4 if web else 1):.2f},{'web' if web else 'phone'}")
    path = folder / "orders.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_new_customer_is_worth_the_first_order_and_what_follows(tmp_path: Path) -> None:
    orders = shop(customers=300)
    (found,) = told(orders.write(tmp_path / "orders.csv"))["new_customers"]
    worth, one = found["lifetime_value"], found["one_customer"]
    assert found["source"] == "all"
    assert worth["low"] < worth["mean"] < worth["high"]
    assert one["low"] < worth["low"]
    assert one["high"] > worth["high"]
    assert worth["mean"] > 0.3 * found["first_order_value"]
    means = {
        c: np.mean([a for customer, _, a in orders.orders if customer == c]) for c in {o[0] for o in orders.orders}
    }
    assert found["first_order_value"] == pytest.approx(np.mean(list(means.values())), rel=0.1)


def test_a_dead_value_cap_leaves_the_first_order_alone(tmp_path: Path) -> None:
    path = shop(customers=200).write(tmp_path / "orders.csv")
    (found,) = told(path, "--horizon", "1d", "--value-cap", "1d", "--margin", "0.5")["new_customers"]
    assert found["lifetime_value"]["mean"] == pytest.approx(0.5 * found["first_order_value"], rel=0.1)


def test_sources_differ_by_what_their_customers_spend(tmp_path: Path) -> None:
    found = {each["source"]: each for each in told(by_channel(tmp_path), "--by", "channel")["new_customers"]}
    assert set(found) == {"all", "channel: phone", "channel: web"}
    assert found["all"]["customers"] == found["channel: phone"]["customers"] + found["channel: web"]["customers"]
    ratio = found["channel: web"]["first_order_value"] / found["channel: phone"]["first_order_value"]
    assert 2.5 < ratio < 5.0
    assert found["channel: web"]["lifetime_value"]["low"] > found["channel: phone"]["lifetime_value"]["high"]


def test_without_a_word_sources_are_what_brought_customers_or_the_channel(tmp_path: Path) -> None:
    found = told(by_channel(tmp_path))["new_customers"]
    assert [each["source"] for each in found] == ["all", "channel: phone", "channel: web"]
    brought = told(by_channel(tmp_path), "--map", "acquisition_source=channel")["new_customers"]
    assert [each["source"] for each in brought] == ["all", "acquisition_source: phone", "acquisition_source: web"]


def test_without_money_there_is_no_lifetime_value(tmp_path: Path) -> None:
    path = Shop([(c, d, 0.0) for c, d, _ in shop(customers=120).orders]).write(tmp_path / "orders.csv")
    assert told(path)["new_customers"] == []


def test_serving_a_single_newcomer_costs_as_much_whatever_their_source_spends(tmp_path: Path) -> None:
    options = ("--by", "channel", "--cost-to-serve", "100000", "--value-cap", "52w", "--horizon", "52w")
    found = {each["source"]: each for each in told(by_channel(tmp_path), *options)["new_customers"]}
    web, phone = (found[f"channel: {source}"]["one_customer"]["low"] for source in ("web", "phone"))
    assert web == pytest.approx(phone, rel=0.1)
    assert -100_500 < phone < -50_000
