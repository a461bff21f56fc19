"""`keepers acquire`: who the best are and what prospects would be worth, from values and a file of what is known."""

import json
from pathlib import Path

import numpy as np
import pyarrow.csv as pa_csv
import pytest
from shops import Shop, shop
from typer.testing import CliRunner

from keepers.cli.main import app


def told_apart(folder: Path) -> Shop:
    """A shop where those of the city order for four times as much."""
    plain = shop(customers=500, seed=4, acquired_within=330)
    orders = [(int(who[1:]), day, amount) for who, day, amount in plain.orders]
    return Shop([(f"1{row:04d}", day, amount * (4 if row % 3 == 0 else 1)) for row, day, amount in orders])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acquire")
    orders = told_apart(folder).write(folder / "orders.csv")
    asked = ["value", str(orders), "--holdout", "none", "--posterior", "importance"]
    done = CliRunner().invoke(app, [*asked, "--out", str(folder / "values.parquet"), "--json"])
    assert done.exit_code == 0, done.output + str(done.exception)
    colours = np.random.default_rng(1).choice(["red", "blue"], 500)
    rows = [f"1{row:04d}.0,{'city' if row % 3 == 0 else 'land'},{colours[row]}" for row in range(500)]
    (folder / "customers.csv").write_text("\n".join(["Client,home,colour", *rows]) + "\n", encoding="utf-8")
    (folder / "prospects.csv").write_text("who;home\nMallory;land\nAda;city\n", encoding="utf-8")
    return folder


def acquired(folder: Path, *options: str) -> dict:
    asked = ["acquire", str(folder / "values.parquet"), "--customers", str(folder / "customers.csv"), "--json"]
    result = CliRunner().invoke(app, [*asked, *options])
    assert result.exit_code == 0, result.output + str(result.exception)
    return json.loads(result.stdout)


def test_the_city_is_what_over_represents_the_best(folder: Path) -> None:
    found = acquired(folder)
    clear = {(each["attribute"], each["level"]) for each in found["profile"] if each["is_clear"]}
    assert clear == {("home", "city"), ("home", "land")}
    assert found["look_alikes"]["judged"]["single"] == "home"
    assert found["look_alikes"]["judged"]["tells"]


def test_prospects_are_valued_by_what_they_share_with_customers(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "scored.csv"
    found = acquired(folder, "--prospects", str(folder / "prospects.csv"), "--out", str(out))
    people = pa_csv.read_csv(out).to_pylist()
    assert [each["who"] for each in people] == ["Ada", "Mallory"]
    ada, mallory = people
    assert ada["rank"] == 1
    assert ada["lifetime_value"] > found["lifetime_value"]["mean"] > mallory["lifetime_value"]
    assert ada["lifetime_value_low"] < ada["lifetime_value"] < ada["lifetime_value_high"]
    assert set(found["look_alikes"]["factors"]) == {"home"}  # prospects tell no colour


def test_without_the_attribute_that_tells_nobody_is_ranked(folder: Path) -> None:
    found = acquired(folder, "--leave-out", "home")
    assert not found["look_alikes"]["judged"]["tells"]
    assert "tells nothing surer than chance" in found["finding"]


def test_the_story_says_who_the_best_are(folder: Path) -> None:
    asked = ["acquire", str(folder / "values.parquet"), "--customers", str(folder / "customers.csv")]
    told = CliRunner().invoke(app, asked).stdout
    assert "of the best tenth have home city" in told
    assert "holds" in told


def test_a_file_that_names_no_customer_is_refused_in_words(folder: Path) -> None:
    asked = ["acquire", str(folder / "values.parquet"), "--customers", str(folder / "prospects.csv")]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 1
    assert "names a customer of the values" in str(result.exception)
