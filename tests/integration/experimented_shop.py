"""A shop that was valued, and what experiments on it may have measured, for the tests of what plans learn."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from workspace_shop import Keepers, history, write_orders

from keepers.core.periods import Period
from keepers.decisions.planning import Plan
from keepers.experiments.effects import Sample
from keepers.experiments.measuring import Looking, Measurement, Outcomes, as_effects, measure
from keepers.loop.plans.kept import plan_run
from keepers.loop.requests import RunRequest
from keepers.loop.runs import Run, compute_run, keep_run
from keepers.loop.workspace import Workspace
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.delta import DeltaStore

NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
PEOPLE, YEAR = 20_000, Period.parse("52w")


def tried(rate: float, *, seed: int = 1, **more: object) -> Measurement:
    """Half of many customers get the action, which multiplies their orders by `rate`."""
    random = np.random.default_rng(seed)
    arm = np.arange(PEOPLE) % 2
    orders = random.poisson(np.where(arm == 1, rate, 1.0)).astype(float)
    sample = Sample(arm, np.full(PEOPLE, 0.5), np.zeros((PEOPLE, 0)))
    return measure(sample, Outcomes(orders, None), ["held out", "letter"], costs={}, looking=Looking(), **more)  # type: ignore[arg-type]


def rows(found: Measurement, action: str, *, experiment: str = "spring", at: datetime = NOON) -> pa.Table:
    """The look as the warehouse keeps it."""
    return as_effects(found, experiment=experiment, action=action, measured_at=at)


@contextmanager
def valued_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, customers: int = 80
) -> Iterator[tuple[DeltaStore, Run]]:
    """A workspace to write in, and the run that valued its customers."""
    keepers = Keepers(tmp_path / "home", monkeypatch, capsys)
    keepers("import", write_orders(tmp_path / "orders.csv", history(customers)))
    with Workspace(keepers.home).opened(to_value=True) as store:
        assumed = Assumptions(YEAR, YEAR, model="mbg-nbd", posterior="importance")
        run = compute_run(store, RunRequest(assumed, holdout_days=0), started_at=NOON)
        keep_run(store, run)
        yield store, run


def planned(store: DeltaStore, run: Run, costs: Path | None = None) -> Plan:
    """The plan of the run, which has one."""
    plan = plan_run(store, run, costs=costs)
    assert plan is not None
    return plan
