"""`keepers value --contract` from a table of contracts to the table, the object and the story."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from contract_values import AS_OF, run, valued
from subscriptions import FIRST_DAY, Contract, cohort, month_after, subscriptions, write
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.warehouse.tables import CUSTOMER_VALUES


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(subscriptions(), tmp_path_factory.mktemp("firm") / "contracts.csv")


@pytest.fixture(scope="module")
def found(contracts: Path) -> dict:
    return valued(contracts, "--as-of", AS_OF)


def test_the_object_has_the_same_parts_as_that_of_orders(found: dict) -> None:
    assert set(found) == {"input", "fit", "base", "backtest", "run"}
    assert found["input"]["rows_read"] == found["input"]["rows_accepted"] + found["input"]["rows_rejected"] == 600
    assert found["input"]["running"] + found["input"]["ended"] == found["input"]["stays"]
    assert set(found["backtest"]["rules"]) == {"carried_forward", "kaplan_meier"}
    assert found["backtest"]["grade"] in set("ABCDE")
    assert found["run"]["unit"] == "month"


def test_the_total_of_the_holdout_lies_in_its_interval_and_ranges_are_honest(found: dict) -> None:
    total, coverage = found["backtest"]["total_orders"], found["backtest"]["coverage"]
    assert total["low"] <= total["actual"] <= total["high"]
    for level in ("50", "80", "90"):
        assert coverage[level] == pytest.approx(int(level) / 100, abs=0.06)
    course = found["backtest"]["course"]
    assert sum(step["actual"] for step in course) == total["actual"]
    assert sum(step["mean"] for step in course) == pytest.approx(total["mean"])


def test_the_curve_follows_what_was_seen(found: dict) -> None:
    for row in found["fit"]["retention"]:
        assert row["low"] <= row["mean"] <= row["high"]
        if row["at_risk"] > 200:
            assert row["mean"] == pytest.approx(row["seen"], abs=0.03)


def test_the_table_has_one_row_a_customer_and_the_columns_of_the_contract(contracts: Path, tmp_path: Path) -> None:
    out, graded = tmp_path / "values.parquet", tmp_path / "backtest.csv"
    object_ = valued(contracts, "--as-of", AS_OF, "--out", str(out), "--backtest-out", str(graded))
    table = pq.read_table(out)
    assert table.column_names == [column.name for column in CUSTOMER_VALUES.columns if column.name != "run_id"]
    assert table.num_rows == object_["base"]["customers"]
    assert b"keepers.draws" in table.schema.metadata
    assert pa_csv.read_csv(graded).num_rows == object_["backtest"]["customers"]
    rows = table.to_pylist()
    assert sum(row["residual_value"] for row in rows) == pytest.approx(object_["base"]["residual_value"]["mean"])
    for row in rows:
        assert row["probability_alive"] in (0.0, 1.0)
        if row["probability_alive"] == 0.0:
            assert row["expected_orders"] == row["residual_value"] == row["residual_value_high"] == 0.0
            assert row["next_order_due"] is None
            assert row["group"] == "lost"
        else:
            assert row["orders_low"] <= row["expected_orders"] <= row["orders_high"] <= 12
            assert date.fromisoformat(AS_OF) < row["next_order_due"] <= date.fromisoformat(AS_OF) + timedelta(31)
            assert 0 < row["period_value"] < row["residual_value"] <= row["residual_value_high"]


@pytest.mark.parametrize("name", ["high_end", "regular"])
def test_a_published_cohort_forecasts_the_years_that_the_paper_held_out(name: str, tmp_path: Path) -> None:
    path = write(cohort(name, 7), tmp_path / "cohort.csv")
    found = valued(path, "--model", "beta-discrete-weibull", "--horizon", "5y")
    assert found["run"]["unit"] == "year"
    assert found["run"]["as_of"] == "2007-01-01"
    later = sum(r.end is None or r.end > date(2007 + year, 1, 1) for year in range(1, 6) for r in cohort(name, 12))
    total = found["base"]["expected_orders"]
    assert total["low"] <= later <= total["high"]
    assert total["mean"] == pytest.approx(later, rel=0.02)


def test_the_fit_is_that_of_the_paper(tmp_path: Path) -> None:
    found = valued(
        write(cohort("high_end", 7), tmp_path / "c.csv"), "--model", "shifted-beta-geometric", "--holdout", "none"
    )
    assert found["fit"]["purchases"]["params"] == pytest.approx({"alpha": 0.668, "beta": 3.806}, abs=6e-4)
    assert found["fit"]["purchases"]["log_likelihood"] == pytest.approx(-1611.158, abs=1e-3)


def test_auto_says_why_it_chose(found: dict) -> None:
    choice = found["fit"]["choice"]
    assert choice["model"] == max(choice["log_scores"], key=choice["log_scores"].get)
    assert "forecast best from" in choice["reason"]


def test_nothing_after_the_calibration_moves_the_backtests_forecast(contracts: Path, tmp_path: Path) -> None:
    out = tmp_path / "before.parquet"
    first = valued(contracts, "--as-of", AS_OF, "--backtest-out", str(out))
    end = date.fromisoformat(first["backtest"]["calibration_end"])
    altered = []
    for row in subscriptions():
        if row.start > end:
            continue
        later = row.end is None or row.end > end
        altered.append(Contract(row.customer, row.start, None if later else row.end, row.amount))
    changed = tmp_path / "after.parquet"
    second = valued(write(altered, tmp_path / "altered.csv"), "--as-of", AS_OF, "--backtest-out", str(changed))
    assert second["backtest"]["calibration_end"] == end.isoformat()
    before, after = pq.read_table(out), pq.read_table(changed)
    for column in ("customer_id", "mean_orders", "orders_low", "orders_high", "mean_value"):
        assert before[column].to_pylist() == after[column].to_pylist()
    assert first["backtest"]["total_orders"]["low"] == second["backtest"]["total_orders"]["low"]
    assert first["backtest"]["total_orders"]["actual"] < second["backtest"]["total_orders"]["actual"]


def test_plans_that_differ_strongly_get_curves_of_their_own(tmp_path: Path) -> None:
    loyal = [
        Contract(f"L{r.customer}", r.start, r.end, 50.0, "gold") for r in subscriptions(seed=6, alpha=0.3, beta=15)
    ]
    fleeting = [Contract(r.customer, r.start, r.end, 10.0, "trial") for r in subscriptions(alpha=2.0, beta=6)]
    found = valued(write([*loyal, *fleeting], tmp_path / "plans.csv"), "--as-of", AS_OF)
    names = [segment["segment"] for segment in found["fit"]["segments"]]
    assert sorted(names) == ["gold by the month", "trial by the month"]
    assert "with a curve for each plan" in found["fit"]["choice"]["reason"]
    assert any("Plans differ in how long customers stay" in warning for warning in found["fit"]["warnings"])
    total = found["backtest"]["total_orders"]
    assert total["low"] <= total["actual"] <= total["high"]
    after_a_year = {row["segment"]: row["mean"] for row in found["fit"]["retention"] if row["renewals"] == 12}
    assert after_a_year["gold by the month"] > 0.7 > 0.2 > after_a_year["trial by the month"]


def test_a_starting_year_that_differs_strongly_is_named(tmp_path: Path) -> None:
    early = [r for r in subscriptions(seed=6, alpha=0.3, beta=15) if r.start.year == 2019]
    late = [r for r in subscriptions(customers=1_200, alpha=2.0, beta=6) if r.start.year == 2021]
    rows = [*(Contract(f"E{r.customer}", r.start, r.end, r.amount) for r in early), *late]
    found = valued(write(rows, tmp_path / "years.csv"), "--as-of", AS_OF, "--holdout", "none")
    assert any("who began in 2021 leave otherwise" in warning for warning in found["fit"]["warnings"])


def test_plans_that_are_alike_share_a_curve(tmp_path: Path) -> None:
    rows = [Contract(r.customer, r.start, r.end, 9.0, "ab"[n % 2]) for n, r in enumerate(subscriptions())]
    found = valued(write(rows, tmp_path / "plans.csv"), "--as-of", AS_OF, "--holdout", "none")
    assert len(found["fit"]["segments"]) == 1


def test_without_amounts_there_are_renewals_and_null_values(contracts: Path, tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    lines = [line.rsplit(",", 2)[0] for line in contracts.read_text(encoding="utf-8").splitlines()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = valued(path, "--as-of", AS_OF)
    assert found["base"]["residual_value"] is None
    assert found["base"]["expected_orders"]["mean"] > 0
    assert found["backtest"]["total_value"] is None


def test_few_customers_get_what_the_contracts_tell(tmp_path: Path) -> None:
    found = valued(write(subscriptions(customers=8), tmp_path / "few.csv"), "--as-of", AS_OF)
    assert found["base"]["customers"] == 8
    assert found["base"]["residual_value"] is None
    assert "needs at least 20" in found["fit"]["warnings"][0]


def test_nobody_under_contract_is_said_with_what_to_do(tmp_path: Path) -> None:
    rows = [Contract(f"P{n}", FIRST_DAY + timedelta(n), FIRST_DAY + timedelta(n + 365), 10.0) for n in range(200)]
    found = valued(write(rows, tmp_path / "planned.csv"))
    assert found["base"]["residual_value"]["mean"] == 0.0
    assert any("pass --as-of" in warning for warning in found["fit"]["warnings"])
    earlier = valued(write(rows, tmp_path / "planned.csv"), "--as-of", "2019-12-31")
    assert earlier["base"]["running"] == 200


def test_a_curve_that_leaves_what_was_seen_is_told(tmp_path: Path) -> None:
    def length(n: int) -> int:
        return 12 * (1 + n % 2) if n % 4 else 40  # nearly everybody ends after a whole year although paid by the month

    rows = [
        Contract(f"C{n}", day := month_after(FIRST_DAY, n % 10), month_after(day, length(n)), 10.0) for n in range(600)
    ]
    found = valued(write(rows, tmp_path / "spikes.csv"), "--as-of", AS_OF, "--unit", "month", "--holdout", "none")
    assert any("does not follow what was seen" in warning for warning in found["fit"]["warnings"])


def test_everybody_still_running_gives_wide_ranges_and_is_said(tmp_path: Path) -> None:
    rows = [Contract(r.customer, r.start, None, r.amount) for r in subscriptions(customers=60)]
    found = valued(write(rows, tmp_path / "loyal.csv"), "--as-of", AS_OF)
    assert any("Nobody has ended" in warning for warning in found["fit"]["warnings"])
    assert found["backtest"] is None
    assert found["base"]["expected_orders"]["low"] > 0.9 * 60 * 12


def test_the_story_tells_who_stays_and_how_far_to_trust_it(contracts: Path) -> None:
    story = run(contracts, "--as-of", AS_OF)
    for part in ("What was read", "Who stays", "Customer equity", "Who they are", "How far to trust this", "Grade"):
        assert part in story


def test_options_that_do_not_fit_are_usage_errors(contracts: Path) -> None:
    for options in (
        ["--model", "pareto-nbd"],
        ["--months-out", "months.csv"],
        ["--spend", "log-normal"],
        ["--cost-to-serve", "5"],
    ):
        assert CliRunner().invoke(app, ["value", "--contract", str(contracts), *options]).exit_code == 2
    assert CliRunner().invoke(app, ["value", str(contracts), "--model", "shifted-beta-geometric"]).exit_code == 2
