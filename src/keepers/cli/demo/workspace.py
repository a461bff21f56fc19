"""The demo's workspace: a real shop's history, moved to end now, then imported and valued like anybody's own.

What an earlier start did is not done again, so a start that was killed goes on where it stopped.
"""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from keepers.core.errors import KeepersError

if TYPE_CHECKING:
    from keepers.ingest.report import Progress
    from keepers.loop.runs import Run
    from keepers.loop.workspace import Workspace
    from keepers.valuation.assumptions import Assumptions
    from keepers.warehouse.delta import DeltaStore

HOME = "keepers-demo"
QUARTER = timedelta(days=92)


class OwnOrdersError(KeepersError):
    """The workspace holds orders that are not the demo's."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What fills the workspace.

    named: whether the customers are anonymous, so that names are made up for them
    """

    dataset: str
    files: Sequence[Path]
    assumptions: "Assumptions"
    named: bool

    @property
    def home(self) -> Path:
        """The workspace's folder, unless KEEPERS_HOME names another."""
        return Path(os.environ.get("KEEPERS_HOME") or Path(HOME) / self.dataset).absolute()


def fill_workspace(
    demo: Demo, *, today: date, progress: "Callable[[Progress], None]", say: Callable[[str], None]
) -> "Run | None":
    """Import the files, moved to end by `today`; value and plan as of a quarter before their end, then as of it.

    Returns: the newest run; None where an earlier start made it.

    Raises:
        OwnOrdersError: KEEPERS_HOME names a workspace with orders of its own.
    """
    from keepers.loop.plans.kept import plan_newest_without
    from keepers.loop.workspace import Workspace, imports_of

    os.environ["KEEPERS_HOME"] = str(demo.home)
    workspace = Workspace(demo.home)
    with workspace.opened() as store:
        _refuse_own_orders(store, demo)
        if not any(state["active"] for state in imports_of(store)):
            say("Its dates are moved by whole weeks, so that it ends this week.")
            with workspace.staging() as folder:
                _bring(workspace, store, demo, folder, today, progress)
        last: date = store.query("order_window").to_pylist()[0]["last_order"]
        say("Valuing the base as of a quarter earlier, so that there is something to compare with …")
        _value(store, demo, as_of=last - QUARTER, holdout_days=0)
        say("Valuing it as of the last order, and grading the forecast …")
        run = _value(store, demo, as_of=last, holdout_days=None)
        plan_newest_without(store, costs=None, made_at=datetime.now(UTC))  # of a start that was killed before it did
        return run


def _refuse_own_orders(store: "DeltaStore", demo: Demo) -> None:
    from keepers.loop.workspace import imports_of

    ours = {file.name for file in demo.files}
    for state in imports_of(store):
        if not {Path(file["path"]).name for file in json.loads(state["files"])} <= ours:
            raise OwnOrdersError(
                f"The workspace {demo.home} holds orders that are not the demo's; nothing was changed. "
                "Unset KEEPERS_HOME, or let it name an empty folder, and start the demo again.",
            )


def _bring(
    workspace: "Workspace",
    store: "DeltaStore",
    demo: Demo,
    folder: Path,
    today: date,
    progress: "Callable[[Progress], None]",
) -> None:
    from keepers.cli.demo.dates import moved
    from keepers.cli.demo.names import attributes_of
    from keepers.ingest.report import ImportOptions
    from keepers.loop.imports.importing import land, prepare_import, with_customers

    files = moved(demo.files, today=today, into=folder)
    prepared = prepare_import(store, files, options=ImportOptions(), into=folder, progress=progress)
    if demo.named:
        prepared = with_customers(prepared, attributes_of, into=folder)
    land(workspace, store, prepared, at=datetime.now(UTC))


def _value(store: "DeltaStore", demo: Demo, *, as_of: date, holdout_days: int | None) -> "Run | None":
    from keepers.loop.plans.kept import plan_run
    from keepers.loop.requests import RunRequest
    from keepers.loop.runs import compute_run, keep_run
    from keepers.loop.workspace import runs_kept

    if any(run["as_of"] == as_of for run in runs_kept(store)):
        return None
    request = RunRequest(assumptions=demo.assumptions, as_of=as_of, holdout_days=holdout_days, again=True)
    run = compute_run(store, request, started_at=datetime.now(UTC))
    keep_run(store, run)
    plan_run(store, run, costs=None)
    return run
