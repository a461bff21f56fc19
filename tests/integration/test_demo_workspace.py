"""The demo's workspace: filled once, gone on with after a kill, and never mixed with anybody's own orders."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from record_shop import goods, shop_file
from workspace_shop import write_orders

from keepers.cli.demo.workspace import QUARTER, Demo, OwnOrdersError, fill_workspace
from keepers.core.periods import Period
from keepers.ingest.report import ImportOptions, Progress
from keepers.loop.imports.importing import land, prepare_import, switch
from keepers.loop.workspace import Workspace, imports_of, runs_kept
from keepers.valuation.assumptions import Assumptions
from tests.integration.record_shop import NOON

TODAY = date(2026, 11, 23)
ASSUMPTIONS = Assumptions(horizon=Period.parse("26w"), value_cap=Period.parse("2y"), currency="USD")


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    monkeypatch.setenv("KEEPERS_HOME", str(tmp_path / "home"))
    return Demo("shop", (shop_file(tmp_path, goods()),), ASSUMPTIONS, named=True)


def unwatched(_: Progress | str) -> None:
    """Nobody looks at how far it is."""


def test_a_demo_that_was_killed_goes_on_where_it_stopped(demo: Demo) -> None:
    said: list[str] = []

    def say(words: str) -> None:
        said.append(words)
        if len(said) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_workspace(demo, today=TODAY, progress=unwatched, say=say)
    run = fill_workspace(demo, today=TODAY, progress=unwatched, say=unwatched)
    assert run is not None
    assert fill_workspace(demo, today=TODAY, progress=unwatched, say=unwatched) is None, "all is there"
    with Workspace(demo.home).opened() as store:
        switch(store, imports_of(store)[0]["batch_id"], active=False, at=NOON)
    assert fill_workspace(demo, today=TODAY, progress=unwatched, say=unwatched) is None, "it counts again"
    with Workspace(demo.home).opened() as store:
        assert len(imports_of(store)) == 1
        earlier, latest = runs_kept(store)
        assert (latest["run_id"], latest["as_of"] - earlier["as_of"]) == (run.run_id, QUARTER)
        assert run.as_of == store.query("order_window").to_pylist()[0]["last_order"]
        assert [plan["run_id"] for plan in store.query("plans_kept").to_pylist()] == [earlier["run_id"], run.run_id]
        names = store.query("customer_names")
    assert names.num_rows == 90
    assert names["name"].null_count == 0


def test_a_demo_is_not_mixed_with_orders_of_ones_own(demo: Demo, tmp_path: Path) -> None:
    own = write_orders(tmp_path / "own.csv", [("o1", "C1", NOON.date() - timedelta(days=9), "20.00")])
    workspace = Workspace(demo.home)
    with workspace.opened() as store, workspace.staging() as folder:
        land(workspace, store, prepare_import(store, [own], options=ImportOptions(), into=folder), at=NOON)
    with pytest.raises(OwnOrdersError, match="Unset KEEPERS_HOME"):
        fill_workspace(demo, today=TODAY, progress=unwatched, say=unwatched)
    with workspace.opened() as store:
        assert len(imports_of(store)) == 1
        assert runs_kept(store) == []
