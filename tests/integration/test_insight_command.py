"""`keepers insight` on order files: a table, an object or a plot, and plain words when it cannot."""

import json
from pathlib import Path

import pytest
import typer
from insight_cases import two_hundred_customers
from typer.testing import CliRunner

from keepers.cli.insight import insight
from keepers.cli.main import app as keepers
from keepers.core.errors import KeepersError
from keepers.insight.catalogue import INSIGHTS

app = typer.Typer()
app.command()(insight)
MOVES = ("new", "grown", "lapsed", "re-estimated")


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred customers who order at their own pace for a year and a half, some of whom stop."""
    return two_hundred_customers(tmp_path_factory.mktemp("orders") / "orders.csv")


def run_on(day: str) -> list[str]:
    return ["run", "--as-of", day, "--holdout", "none", "--model", "pareto-nbd"]


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_without_a_name_every_insight_is_listed_with_its_question() -> None:
    shown = json.loads(run("--json"))["insights"]
    assert [each["name"] for each in shown] == [insight.name for insight in INSIGHTS]
    assert all(each["question"].endswith("?") for each in shown)
    assert "Who bought most" in run()


def test_the_table_is_headed_by_its_finding(orders: Path) -> None:
    shown = run("frequency", orders)
    assert "of 200 customers ordered once only" in shown.replace("\n", " ")
    assert "Share of customers" in shown.replace("\n", " ")


def test_json_is_one_object_and_nothing_else(orders: Path) -> None:
    given = json.loads(run("concentration", orders, "--json"))
    assert given["insight"] == "concentration"
    assert given["rows"][-1]["percent"] == 100
    assert given["rows"][-1]["share"] == pytest.approx(1)


def test_equity_of_files_is_valued_on_the_way(orders: Path, tmp_path: Path) -> None:
    given = json.loads(run("equity", orders, "--currency", "EUR", "--plot", tmp_path / "equity.svg", "--json"))
    assert len(given["rows"]) == 10
    assert sum(row["customers"] for row in given["rows"]) == 200
    assert sum(row["residual_value"] for row in given["rows"]) > 0
    assert (tmp_path / "equity.svg").read_text(encoding="utf-8").startswith("<svg")


def test_the_ledger_of_files_compares_two_days_of_one_history(orders: Path) -> None:
    given = json.loads(run("ledger", orders, "--since", "2025-12-31", "--json"))
    lines = {row["line"]: round(row["amount"] * 100) for row in given["rows"]}
    assert lines["opening"] + sum(lines[line] for line in MOVES) == lines["closing"]
    assert "from 31 Dec 2025" in given["definition"]


def test_the_workspace_is_answered_from_its_saved_runs(
    orders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEEPERS_HOME", str(tmp_path / "home"))
    with pytest.raises(KeepersError, match="no workspace"):
        run("rfm")
    for arguments in (["import", str(orders)], run_on("2025-06-30"), run_on("2026-06-30")):
        done = CliRunner().invoke(keepers, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    given = json.loads(run("ledger", "--json"))
    lines = {row["line"]: round(row["amount"] * 100) for row in given["rows"]}
    assert lines["opening"] + sum(lines[line] for line in MOVES) == lines["closing"]
    assert lines["new"] > 0
    assert "from 30 Jun 2025 to 30 Jun 2026" in given["definition"]
    held = json.loads(run("concentration", "--json"))["rows"]
    assert {row["measure"] for row in held} == {"revenue so far", "residual value"}
    earlier = json.loads(run("concentration", "--as-of", "2026-01-31", "--json"))["rows"]
    assert {row["measure"] for row in earlier} == {"revenue so far"}  # no run has valued the base on that day


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(KeepersError, match='no insight "horoscope"'):
        run("horoscope")


def test_a_day_that_is_none_is_a_usage_error(orders: Path) -> None:
    result = CliRunner().invoke(app, ["rfm", str(orders), "--as-of", "31.12.2025"])
    assert result.exit_code == 2
