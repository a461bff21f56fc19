"""A run keeps every insight that can be answered, and a page gets it back whole."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from insight_cases import two_hundred_customers
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.core.periods import Period
from keepers.insight.catalogue import INSIGHTS
from keepers.insight.keeping import restored
from keepers.loop.insights.answering import InsightRequest, answer_from_store
from keepers.loop.insights.kept import MOST_ROWS, TOP, insights_of
from keepers.loop.workspace import Workspace, runs_kept
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.delta import PinnedStore

SHARED = ("net_lines", "customer_days")
MISSING = {"products", "stock", "payments", "channels", "locations", "sources"}  # the file has no such columns


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two runs, a quarter apart."""
    folder = tmp_path_factory.mktemp("kept")
    orders = two_hundred_customers(folder / "orders.csv")
    home = folder / "home"
    for arguments in (["import", str(orders)], ["run", "--as-of", "2026-03-31"], ["run", "--as-of", "2026-06-20"]):
        done = CliRunner(env={"KEEPERS_HOME": str(home)}).invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    return home


@pytest.fixture
def store(home: Path) -> PinnedStore:
    with Workspace(home).opened() as store:
        yield store.pinned()


def latest(store: PinnedStore) -> str:
    return str(runs_kept(store)[-1]["run_id"])


def alike(table: pa.Table, other: pa.Table) -> bool:
    """Whether two tables say the same: the last bits of a sum hang on the order in which threads add."""
    assert table.schema == other.schema
    near = [{name: as_near_as_sums_are(value) for name, value in row.items()} for row in other.to_pylist()]
    return bool(table.to_pylist() == near)


def as_near_as_sums_are(value: object) -> object:
    return pytest.approx(value, rel=1e-12, abs=1e-12, nan_ok=True) if isinstance(value, float) else value


def test_every_insight_that_can_be_answered_is_kept_in_the_order_of_a_reader(store: PinnedStore) -> None:
    kept = insights_of(store, latest(store))
    names = list(dict.fromkeys(each.name for each in kept))
    assert names == [insight.name for insight in INSIGHTS if insight.name not in MISSING]
    assert [each.by for each in kept if each.name == "buyers"] == ["year", "month", "week", "day"]


def test_the_first_run_keeps_no_comparison(store: PinnedStore) -> None:
    first = str(runs_kept(store)[0]["run_id"])
    names = {each.name for each in insights_of(store, first)}
    assert not names & {"ledger", "movement"}
    assert {"equity", "tracking", "calibration"} <= names


def test_what_is_kept_is_what_the_question_is_answered_with(store: PinnedStore) -> None:
    run = runs_kept(store)[-1]
    assumptions = Assumptions(horizon=Period.parse("52w"), value_cap=Period.parse("5y"))
    kept = insights_of(store, run["run_id"])
    assert {each.name for each in kept} == {insight.name for insight in INSIGHTS} - MISSING
    for each in kept:
        request = InsightRequest(each.name, assumptions, as_of=run["as_of"], by=each.by, top=TOP)
        asked = answer_from_store(request, store)
        found = restored(each.answer)
        assert (found.finding, found.picture) == (asked.finding, asked.picture)
        assert alike(found.rows, asked.rows) or asked.rows.num_rows > MOST_ROWS, each.name
        assert alike(found.pictured, asked.pictured), each.name


def test_long_tables_are_kept_by_their_latest_whole_periods(store: PinnedStore) -> None:
    (days,) = (restored(each.answer) for each in insights_of(store, latest(store)) if each.by == "day")
    assert 0 < days.rows.num_rows <= MOST_ROWS
    first = days.rows["period"][0].as_py()
    ranks = [row["rank"] for row in days.rows.to_pylist() if row["period"] == first]
    assert ranks[0] == 1
    assert f"The latest {days.rows.num_rows:,} of" in days.notes[-1]


def test_displayed_sums_agree_across_the_pages(store: PinnedStore) -> None:
    kept = {each.name: restored(each.answer) for each in insights_of(store, latest(store)) if each.by is None}
    worth = sum(kept["equity"].rows["residual_value"].to_pylist())
    for name in ("percentiles", "groups", "quarters", "rfm"):
        assert sum(kept[name].rows["residual_value"].to_pylist()) == pytest.approx(worth), name
    closing = kept["ledger"].rows["amount"].to_pylist()[-1]
    assert closing == pytest.approx(worth, abs=1.01)  # each customer rounded to the cent
    assert kept["concentration"].rows.num_rows == 200
    base = json.loads(runs_kept(store)[-1]["base"])
    assert worth == pytest.approx(base["residual_value"]["mean"])
    spent = {name: sum(kept[name].rows["revenue"].to_pylist()) for name in ("course", "rfm", "frequency", "weekdays")}
    assert max(spent.values()) == pytest.approx(min(spent.values()))


def test_a_run_killed_before_its_row_leaves_no_insight_behind_a_run(home: Path, tmp_path: Path) -> None:
    with Workspace(home).opened() as store:
        assert insights_of(store.pinned(), "no such run") == []


def test_steps_computed_once_give_the_rows_they_give_anew_and_leave_nothing_behind(home: Path) -> None:
    with Workspace(home).opened() as opened:
        store, day = opened.pinned(), runs_kept(opened.pinned())[-1]["as_of"]
        with store.computing(SHARED, as_of=day, run_id="") as reader:
            scratch = [path for step in SHARED for path in (home / "warehouse").rglob(f"{step}.parquet")]
            again = reader.query("insight_frequency", as_of=day, run_id="")
        assert len(scratch) == 2
        assert again.equals(store.query("insight_frequency", as_of=day, run_id=""))
        assert not any(path.exists() for path in scratch)
