"""Where the workspace stands: each stage of the loop, and the next command."""

from dataclasses import asdict, dataclass
from datetime import date
from json import loads
from typing import Any

from keepers.loop.workspace import Workspace, imports_of, runs_kept


@dataclass(frozen=True, slots=True)
class WorkspaceState:
    """The stages in figures; no run yet is None."""

    folder: str
    imports: int
    imports_off: int
    lines: int
    customers: int
    first_order: date | None
    last_order: date | None
    runs: int
    last_run: str | None
    as_of: date | None
    currency: str | None
    grade: str | None
    residual_value: dict[str, float] | None
    outdated: bool
    next_command: str

    def as_json(self) -> dict[str, Any]:
        """The same for `--json`."""
        days = ("first_order", "last_order", "as_of")
        return {name: str(value) if name in days and value else value for name, value in asdict(self).items()}


def state_of(workspace: Workspace, *, as_of: date | None = None) -> WorkspaceState:
    """Read the workspace at one snapshot, without making anything.

    Args:
        workspace: may be not there yet.
        as_of: count the history and runs up to this day only; None: all.
    """
    if not workspace.exists:
        return _state(workspace, [], {}, [])
    with workspace.opened() as store:
        pinned = store.pinned()
        imports = imports_of(pinned)
        history = pinned.query("history_until", as_of=as_of or date.max).to_pylist()[0] if imports else {}
        runs = [run for run in runs_kept(pinned) if as_of is None or run["as_of"] <= as_of]
    return _state(workspace, imports, history, runs)


def _state(
    workspace: Workspace, imports: list[dict[str, Any]], history: dict[str, Any], runs: list[dict[str, Any]]
) -> WorkspaceState:
    active = [state["batch_id"] for state in imports if state["active"]]
    last = runs[-1] if runs else {}
    outdated = bool(runs) and loads(last["batches"]) != active
    base = loads(last["base"]) if runs else {}
    return WorkspaceState(
        folder=str(workspace.folder),
        imports=len(active),
        imports_off=len(imports) - len(active),
        lines=history.get("lines", 0),
        customers=history.get("customers", 0),
        first_order=history.get("first_order"),
        last_order=history.get("last_order"),
        runs=len(runs),
        last_run=last.get("run_id"),
        as_of=last.get("as_of"),
        currency=last.get("currency"),
        grade=last.get("grade"),
        residual_value=base.get("residual_value"),
        outdated=outdated,
        next_command=_next(has_orders=bool(active), valued=bool(runs) and not outdated),
    )


def _next(*, has_orders: bool, valued: bool) -> str:
    if not has_orders:
        return "keepers import FILE"
    return "keepers insight equity" if valued else "keepers run"
