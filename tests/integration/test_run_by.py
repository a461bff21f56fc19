"""`keepers run --by`: a run keeps what customers were told apart by, and all that is read later rests on it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from record_shop import NOON
from test_value_by import orders
from workspace_shop import write_orders

from keepers.clv.histories import Histories
from keepers.core.periods import Period
from keepers.ingest.report import ImportOptions
from keepers.loop.imports.importing import land, prepare_import
from keepers.loop.insights.customer_record import KeptRun, kept_run, record_of, warm_up
from keepers.loop.requests import RunRequest
from keepers.loop.runs import Run, compute_run, keep_run
from keepers.loop.workspace import Workspace
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.kept import FitNotKeptError
from keepers.warehouse.delta import PinnedStore

HEADER = "customer_id,order_date,amount,Customer Group,location"


@pytest.fixture(scope="module", params=["mbg-nbd", "mbg-cnbd-k"])
def computed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Any]]:
    workspace = Workspace(tmp_path_factory.mktemp("by") / "home")
    file = write_orders(tmp_path_factory.mktemp("files") / "shop.csv", orders(200), HEADER)
    with workspace.opened() as store, workspace.staging() as staging:
        land(workspace, store, prepare_import(store, [file], options=ImportOptions(), into=staging), at=NOON)
        assumed = Assumptions(
            horizon=Period.parse("26w"), value_cap=Period.parse("2y"), model=request.param, by=("segment",),
            cost_to_serve=2.0,
        )  # fmt: skip
        run = compute_run(store, RunRequest(assumed, holdout_days=0), started_at=NOON)
        keep_run(store, run)
        yield run, store.pinned()


@pytest.fixture(scope="module")
def store(computed: tuple[Run, PinnedStore]) -> PinnedStore:
    return computed[1]


@pytest.fixture(scope="module")
def run(store: PinnedStore) -> KeptRun:
    return kept_run(store, store.query("runs")["run_id"][0].as_py())


def test_every_customer_has_the_figures_of_the_run_by_the_parameters_of_its_kind(
    store: PinnedStore, run: KeptRun
) -> None:
    assert run.fit is not None
    rows = store.query("values_of_run", run_id=run.run_id).to_pylist()
    assert {row["told_apart_as"] for row in rows} == {"segment fair", "segment web"}
    for kind in ("segment fair", "segment web"):
        those = [row for row in rows if row["told_apart_as"] == kind]
        columns = [np.array([row[name] for row in those]) for name in ("repeat_orders", "age_at_last_order", "age")]
        histories = Histories.of(*columns, time_unit_days=run.fit.time_unit_days)
        fit, first = run.fit.of_kind(kind), those[0]["first_order"]
        alive, to_come = fit.probability_alive(first, histories), fit.expected_orders(first, histories)
        assert np.abs(alive - [row["probability_alive"] for row in those]).max() < 1e-9
        assert np.abs(to_come - [row["expected_orders"] for row in those]).max() < 1e-9


def test_a_record_is_drawn_with_the_parameters_of_the_customers_kind(store: PinnedStore, run: KeptRun) -> None:
    warm_up(run)
    row = store.query("values_of_run", run_id=run.run_id).to_pylist()[0]
    record = record_of(store, run, row["customer_id"])
    early, late = record.next_order
    assert early is not None
    assert row["next_order_due"] >= early
    assert late is None or row["next_order_due"] <= late
    alive = record.answers["alive"].rows.to_pylist()
    assert any(each["probability_alive"] == pytest.approx(row["probability_alive"], abs=1e-9) for each in alive)
    assert record.answers["worth"].rows.num_rows > 0


def test_a_kind_that_the_run_does_not_know_is_refused_in_words(run: KeptRun) -> None:
    assert run.fit is not None
    with pytest.raises(FitNotKeptError, match='told apart as "segment moon"'):
        run.fit.of_kind("segment moon")


def test_the_stages_of_a_gap_are_told_where_the_model_has_them(computed: tuple[Run, PinnedStore]) -> None:
    params = computed[0].as_json()["fit"]["purchases"]["params"]
    assert ("k" in params) == (computed[0].assumptions.model == "mbg-cnbd-k")
