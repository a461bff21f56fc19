"""`keepers plan` on the file that `keepers value` wrote: lines that pay, within the budget, and what they rest on."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from shops import shop
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.core.errors import NothingToDoError
from keepers.loop.files.valued_file import NotValuedError
from keepers.loop.plans.making import standing_of

FIRST = ["customer_id", "decision", "action", "level", "cost", "expected_gain", "expected_gain_low"]
FIRST += ["expected_gain_high", "evidence", "reason"]


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    path, out = shop(customers=250, seed=4).write(folder / "orders.csv"), folder / "values.parquet"
    asked = ["value", str(path), "--holdout", "none", "--posterior", "importance", "--out", str(out), "--json"]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output + str(result.exception)
    return out


def planned(values: Path, *options: str) -> dict:
    result = CliRunner().invoke(app, ["plan", str(values), "--json", *options])
    assert result.exit_code == 0, result.output + str(result.exception)
    return json.loads(result.stdout)["plan"]


def test_lines_pay_stay_within_the_budget_and_say_what_they_rest_on(values: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.csv"
    found = planned(values, "--budget", "100", "--out", str(out))
    table = pa_csv.read_csv(out)
    assert table.column_names[: len(FIRST)] == FIRST
    assert table.num_rows == pq.read_metadata(values).num_rows == found["lines"]
    cost, gain = (table[name].to_numpy() for name in ("cost", "expected_gain"))
    assert 90 < cost.sum() <= 100
    assert np.all(gain[cost > 0] > 0)
    assert np.all(gain[cost == 0] == 0)
    assert gain.sum() == pytest.approx(found["expected_gain"]["mean"], rel=1e-6)
    assert set(table["evidence"].to_pylist()) == {"assumed"}
    assert found["gain_on_evidence"] == 0
    low, high = (table[f"expected_gain_{end}"].to_numpy() for end in ("low", "high"))
    assert np.all(low <= gain + 1e-9)
    assert np.all(gain <= high + 1e-9)


def test_the_frontier_rises_to_where_spending_stops_paying(values: Path) -> None:
    found = planned(values)
    gains = [point["expected_gain"] for point in found["frontier"]["points"]]
    assert gains == sorted(gains)
    assert found["frontier"]["stops_paying"] == pytest.approx(found["cost"])
    assert gains[-1] == pytest.approx(found["expected_gain"]["mean"], rel=1e-6)
    assert found["frontier"]["points"][-1]["expected_gain_low"] < gains[-1]


def test_steps_add_up_to_the_plan_and_each_has_its_own_range(values: Path) -> None:
    found = planned(values)
    for name, whole in (("customers", found["lines"]), ("cost", found["cost"])):
        assert sum(step[name] for step in found["plan_steps"]) == pytest.approx(whole)
    gains = [step["expected_gain"] for step in found["plan_steps"]]
    assert sum(gain["mean"] for gain in gains) == pytest.approx(found["expected_gain"]["mean"])
    assert all(gain["low"] < gain["mean"] < gain["high"] for gain in gains if gain["mean"])
    assert sum(gain["low"] for gain in gains) <= found["expected_gain"]["low"] + 1e-6, "doubts may cancel, never add"


def test_plans_of_less_money_and_fewer_hours_are_the_best_for_what_they_use(values: Path) -> None:
    found = planned(values)
    others = found["alternatives"]
    assert {"cost", "expected_gain", "staff_hours", "mailings", "calls", "visits"} <= others[0].keys()
    last, used = found["frontier"]["points"][-1], found["used"]
    assert [last[name] for name in ("mailings", "calls", "visits")] == [used[name] for name in used if name in last]
    assert max(other["expected_gain"] for other in others) == pytest.approx(found["expected_gain"]["mean"], rel=1e-6)
    other = sorted(others, key=lambda each: each["staff_hours"])[len(others) // 2]
    asked = ("--budget", str(other["cost"]), "--staff-hours", str(other["staff_hours"]))
    assert planned(values, *asked)["expected_gain"]["mean"] == pytest.approx(other["expected_gain"], rel=1e-3)
    assert sum(other["customers_by_action"].values()) <= found["lines"]


def test_cutting_mailings_higher_saves_more_and_loses_more(values: Path, tmp_path: Path) -> None:
    costs = tmp_path / "costs.toml"
    costs.write_text("[now]\nmailings = 12\n[mailing]\ncost = 3.0\n", encoding="utf-8")
    found = planned(values, "--costs", str(costs))["stopping"]
    cuts = found["cuts"]
    assert len(cuts) > 30
    for name in ("below", "stopped", "saved"):
        assert [cut[name] for cut in cuts] == sorted(cut[name] for cut in cuts)
    assert np.all(np.diff([cut["margin_lost"]["mean"] for cut in cuts]) >= 0)
    (line,) = [cut for cut in cuts if cut["break_even"]]
    assert (line["below"], line["saved"]) == (found["cost"], found["saved"]) == (36.0, 36.0 * found["stopped"])
    won = [cut["saved"] - cut["margin_lost"]["mean"] for cut in cuts]
    assert max(won) == pytest.approx(line["saved"] - line["margin_lost"]["mean"])


def test_whose_catalogs_to_stop_are_those_who_bring_less_than_they_cost(values: Path, tmp_path: Path) -> None:
    costs, out = tmp_path / "costs.toml", tmp_path / "stop.csv"
    costs.write_text("[now]\nmailings = 12\n[mailing]\ncost = 3.0\n", encoding="utf-8")
    found = planned(values, "--costs", str(costs), "--stop-out", str(out))["stopping"]
    table = pa_csv.read_csv(out)
    assert len(table.column("customer_id").unique()) == table.num_rows
    brings, stop = table["margin_lost"].to_numpy(), table["stop"].to_numpy(zero_copy_only=False)
    assert np.all(np.diff(brings) <= 0)
    assert 0 < stop.sum() < table.num_rows
    assert np.array_equal(stop, brings < 36.0)
    assert found["saved"] == pytest.approx(36.0 * stop.sum())
    assert found["margin_lost"]["mean"] == pytest.approx(brings[stop].sum())
    assert found["margin_lost"]["low"] < found["margin_lost"]["mean"] < found["saved"]


def test_what_a_costs_file_says_counts_and_is_named(values: Path, tmp_path: Path) -> None:
    dear = ("reactive", "accountable", "proactive", "partnership")
    costs = tmp_path / "costs.toml"
    costs.write_text(
        "[mailing]\ncost = 0.1\nmost = { mean = 1.2, low = 1.1, high = 1.3, evidence = 'randomised' }\n"
        "[caps]\nmailings = 40\n" + "".join(f"[levels.{name}]\ncost = 1e6\n" for name in dear),
        encoding="utf-8",
    )
    out = tmp_path / "plan.parquet"
    found = planned(values, "--costs", str(costs), "--out", str(out))
    lines = pq.read_table(out)
    assert set(found["terms"]["given"]) == {
        "caps.mailings", "mailing.cost", "mailing.most", *(f"levels.{name}.cost" for name in dear),
    }  # fmt: skip
    assert found["used"]["mailings"] <= 40
    assert set(lines["level"].to_pylist()) == {"basic"}
    assert found["gain_on_evidence"] > 0
    assert "randomised" in lines["evidence"].to_pylist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[levels.gold]\ncost = 3", "levels.gold, which no plan knows"),
        ("[mailing]\ncost = -1", "mailing is below zero"),
        ("[offer]\nreturns = { mean = 1.0, low = 1.2, high = 1.5 }", "mean 1 between low 1.2 and high 1.5"),
        ("[levels.basic]\ncost = 3", "basic is doing nothing"),
        ("cost_to_serve = [1]", "where a number or a table belongs"),
        ("caps = 5000", "where a number or a table belongs"),
        ("[now]\nmailings = 6", "now.mailings is 6, which is none of mailing.choices (0, 2, 4, 8, 12)"),
        ("[mailing]\nhalf = 0", "write a number above 0"),
        ("[levels.proactive]\ncalls = -3", "levels.proactive is below zero"),
        ("[remedies.terms]\nsaves = 3", "write 0 to 1"),
    ],
)
def test_costs_that_cannot_be_are_refused_in_words(values: Path, tmp_path: Path, text: str, message: str) -> None:
    costs = tmp_path / "costs.toml"
    costs.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["plan", str(values), "--costs", str(costs)])
    assert message in str(result.exception)


def test_the_shipped_costs_can_be_printed_and_read_again(values: Path, tmp_path: Path) -> None:
    costs = tmp_path / "costs.toml"
    costs.write_text(CliRunner().invoke(app, ["plan", "--show-costs"]).stdout, encoding="utf-8")
    assert "levels.proactive.cost" in planned(values, "--costs", str(costs))["terms"]["given"]


def test_a_file_holds_no_trial_and_the_plan_of_one_says_so(values: Path, tmp_path: Path) -> None:
    costs = tmp_path / "costs.toml"
    costs.write_text("[trial]\nshare = 0.3\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["plan", str(values), "--costs", str(costs)]).stdout
    assert "The top tenth of the customers bring " in told
    assert "Trials by lot need a workspace (keepers run)" in " ".join(told.split())
    assert "a workspace (keepers run) knows better, and its plan may differ." in " ".join(told.split())
    assert "If everybody gets 12 mailings a year, together" in " ".join(told.split())
    assert "(assumed: write [mailing] and [now] in a costs file), stopping those of" in " ".join(told.split())
    assert "There no trial would begin" in " ".join(told.split()), "8 weeks of so few customers tell too little"
    costs.write_text("[trial]\nshare = 1.0\nweeks = 520\n[mailing]\ncost = 0.02\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["plan", str(values), "--costs", str(costs)]).stdout
    assert "There the next run would begin trials of mailing." in " ".join(told.split())
    assert "assumed: write [mailing]" not in told


@pytest.mark.parametrize(("amounts", "said"), [([0.0, 0.0], "Fewer than 3 customers have"), ([None] * 2, "no money")])
def test_values_without_money_say_whether_amounts_are_missing_or_nothing(amounts: list, said: str) -> None:
    columns = {"mean_order_value": amounts, "residual_value": [None, None]}
    table = pa.table({name: pa.array(column, pa.float64()) for name, column in columns.items()})
    with pytest.raises(NothingToDoError, match=said):
        standing_of(table, SimpleNamespace(spend=None), margin=0.3)


def test_a_file_without_draws_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.parquet"
    pq.write_table(pa.table({"customer_id": ["A"]}), other)
    result = CliRunner().invoke(app, ["plan", str(other)])
    assert isinstance(result.exception, NotValuedError)
    assert "does not hold the draws" in str(result.exception)


def test_nobody_is_let_go_whom_a_guard_protects_and_remedies_come_first(values: Path, tmp_path: Path) -> None:
    costs, out = tmp_path / "costs.toml", tmp_path / "plan.parquet"
    costs.write_text("cost_to_serve = 1500.0\n[remedies.cheaper_channel]\nsaves = 0.0\n", encoding="utf-8")
    held = planned(values, "--costs", str(costs), "--out", str(out))["value_held_by_top_tenth"]
    assert 0.1 < held["before"] < held["after"] <= held["without_proposed"]
    lines = pq.read_table(out).to_pylist()
    gone = [line for line in lines if line["decision"] == "let go"]
    assert gone
    assert all(line["net_value"] < 0 and line["chance_above_cost"] < 0.25 and line["guards"] is None for line in gone)
    assert all(0.0 <= line["chance_back"] <= 1.0 for line in lines)
    assert {line["action"] for line in gone} == {"propose to let go: a person decides"}
    asked = [json.loads(line["remedies"]) for line in lines if line["remedies"]]
    assert all(
        [each["expected_gain"] for each in some] == sorted((e["expected_gain"] for e in some), reverse=True)
        for some in asked
    )


def test_who_has_a_complaint_open_is_never_let_go(values: Path, tmp_path: Path) -> None:
    costs, out, ticketed = tmp_path / "costs.toml", tmp_path / "plan.parquet", tmp_path / "ticketed.parquet"
    costs.write_text("cost_to_serve = 1500.0\n[remedies.cheaper_channel]\nsaves = 0.0\n", encoding="utf-8")
    table = pq.read_table(values)
    pq.write_table(table.append_column("open_tickets", pa.array([1] * table.num_rows)), ticketed)
    planned(ticketed, "--costs", str(costs), "--out", str(out))
    lines = pq.read_table(out).to_pylist()
    assert not [line for line in lines if line["decision"] == "let go"]
    assert any(line["guards"] and "complaint or request open" in line["guards"] for line in lines)
