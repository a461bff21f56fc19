"""Two valuations side by side, and another margin without valuing anything."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shops import shop

from keepers.core.periods import Period
from keepers.ingest.report import ImportOptions
from keepers.loop.comparison import knows_all, outcome_at_margin, outcome_kept, outcome_of
from keepers.loop.imports.importing import land, prepare_import, switch
from keepers.loop.requests import RunRequest
from keepers.loop.runs import compute_run, keep_run
from keepers.loop.workspace import Workspace, imports_of, runs_kept
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.delta import DeltaStore

NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)
ASSUMED = Assumptions(horizon=Period.parse("52w"), value_cap=Period.parse("5y"))


def _bring(workspace: Workspace, store: DeltaStore, path: Path, folder: Path) -> None:
    folder.mkdir()
    prepared = prepare_import(store, [path], options=ImportOptions(source=path.stem), into=folder)
    land(workspace, store, prepared, at=NOON)


def _run(store: DeltaStore, assumptions: Assumptions, at: datetime = NOON) -> None:
    keep_run(store, compute_run(store, RunRequest(assumptions, holdout_days=0), started_at=at))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DeltaStore]:
    workspace = Workspace(tmp_path / "home")
    with workspace.opened() as opened:
        _bring(workspace, opened, shop(customers=120).write(tmp_path / "orders.csv"), tmp_path / "staging")
        _run(opened, ASSUMED)
        yield opened


def test_another_margin_scales_a_run_to_what_valuing_it_would_find(store: DeltaStore) -> None:
    wanted = replace(ASSUMED, margin=0.17)
    (row,) = runs_kept(store)
    told = outcome_at_margin(store, row, wanted)
    valued = outcome_of(compute_run(store, RunRequest(wanted, holdout_days=0), started_at=NOON))
    assert told is not None
    assert told.customers == valued.customers
    for name, figures in valued.totals.items():
        assert figures is not None
        assert told.totals[name] == pytest.approx(figures, rel=1e-6)
    for group, figures in valued.groups.items():
        assert told.groups[group] == pytest.approx(figures, rel=1e-6)
    assert told.groups.keys() == valued.groups.keys()


def test_any_other_assumption_must_be_valued(store: DeltaStore) -> None:
    (row,) = runs_kept(store)
    for other in (
        replace(ASSUMED, margin=0.2, annual_discount=0.2),
        replace(ASSUMED, margin=0.2, horizon=Period.parse("26w")),
        replace(ASSUMED, margin=0.2, currency="EUR"),
        replace(ASSUMED, margin=0.2, model="bg-nbd"),
    ):
        assert outcome_at_margin(store, row, other) is None


def test_where_costs_decide_the_margin_must_be_valued(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    lines = [f"{customer},{day},{amount},{amount / 2:.2f}" for customer, day, amount in shop(customers=60).orders]
    path = tmp_path / "costs.csv"
    path.write_text("\n".join(["customer_id,order_date,amount,cost", *lines]), encoding="utf-8")
    with workspace.opened() as store:
        _bring(workspace, store, path, tmp_path / "staging")
        _run(store, ASSUMED)
        assert outcome_at_margin(store, runs_kept(store)[0], replace(ASSUMED, margin=0.2)) is None


def test_a_kept_run_tells_the_same_as_the_run_it_was(store: DeltaStore) -> None:
    run = compute_run(store, RunRequest(ASSUMED, holdout_days=0, again=True), started_at=NOON + timedelta(minutes=1))
    keep_run(store, run)
    assert outcome_kept(store, runs_kept(store)[-1]).groups == {
        group: pytest.approx(told) for group, told in outcome_of(run).groups.items()
    }


def test_a_run_no_longer_knows_all_once_an_import_is_switched_off(store: DeltaStore) -> None:
    (row,) = runs_kept(store)
    assert knows_all(store, row)
    switch(store, imports_of(store)[0]["batch_id"], active=False, at=NOON)
    assert not knows_all(store, row)


def test_what_serving_costs_does_not_scale_with_the_margin(store: DeltaStore) -> None:
    served = replace(ASSUMED, cost_to_serve=5.0)
    _run(store, served, NOON + timedelta(hours=1))
    row = next(row for row in runs_kept(store) if json.loads(row["parameters"])["assumptions"]["cost_to_serve"] == 5.0)
    assert outcome_at_margin(store, row, replace(served, margin=0.17)) is None
