"""A customer's record from the workspace, for the pages: the run is read once a process, the customer once a page."""

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection

from keepers.core.errors import KeepersError
from keepers.crm.portfolio.insight.charts import warm_up_charts
from keepers.crm.portfolio.queries import current_publication
from keepers.loop.imports.interactions import interactions_of
from keepers.loop.insights.customer_record import ANSWERS, CustomerRecord, KeptRun, kept_run, record_of, warm_up
from keepers.loop.plans.line_kept import LineKept, line_kept
from keepers.loop.workspace import Workspace
from keepers.warehouse.store import Store
from keepers.warehouse.tables import INTERACTIONS, PLAN_LINES

RUNS_AT_HAND = 2  # the one that pages show, and the one before it while they change over


def read_record(
    workspace: Workspace, store: Store, run_id: str, key: str, answers: Sequence[str] = ANSWERS
) -> CustomerRecord:
    """One customer as the run knew them, from the workspace's store.

    Raises:
        KeepersError: the run or its lines are gone, or it never knew the customer.
    """
    return record_of(store, _run(workspace, run_id), key, answers=answers)


def read_beside(
    workspace: Workspace, store: Store, key: str, plan_id: str = ""
) -> tuple[list[dict[str, Any]], LineKept | None]:
    """What other sources than the app know of a customer's touch points, and what a plan keeps of them.

    Args:
        workspace: whose warehouse may lack either.
        store: of the workspace; the same for all that a page reads, since the first question takes 0.02 s to get ready.
        key: the customer's.
        plan_id: none where nothing of a plan is wanted.
    """
    has_acts = (workspace.warehouse / INTERACTIONS.name).is_dir()
    has_plans = bool(plan_id) and (workspace.warehouse / PLAN_LINES.name).is_dir()
    acts = interactions_of(store, key) if has_acts else []
    return acts, line_kept(store, plan_id, key) if has_plans else None


def make_warm_for_the_pages() -> None:
    """Read the run that the pages show and load the engine before the first page asks; a server does so at its start.

    Where that fails, the first page says why.
    """
    publication = current_publication()
    connection.close()
    if publication is None:
        return
    with suppress(KeepersError):
        warm_up(_run(settings.WORKSPACE, publication.run_id))
    warm_up_charts()


@lru_cache(maxsize=RUNS_AT_HAND)
def _run(workspace: Workspace, run_id: str) -> KeptRun:
    """A run never changes once it is kept, so it may be remembered."""
    with workspace.opened() as store:
        return kept_run(store, run_id)
