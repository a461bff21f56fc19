"""Orders that programs send one at a time: gathered into batches, each of which lands as an import does, once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from json import JSONDecodeError, loads
from typing import Any

from keepers.ingest.told_orders import RefusedOrder, import_told_orders
from keepers.loop.imports.importing import Effect, PreparedImport, land
from keepers.loop.tombstones import forgotten_in
from keepers.loop.workspace import Workspace, imports_of
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.tables import TOMBSTONES
from keepers.warehouse.tombstones import WHY, Forgotten, Kind, Mark

_TELLING: tuple[Kind, ...] = ("email", "phone")


def land_told_orders(
    workspace: Workspace,
    store: DeltaStore,
    orders: Sequence[Mapping[str, Any]],
    refused: Sequence[RefusedOrder],
    *,
    source: str,
    batch_id: str,
    timezone: str,
    at: datetime,
) -> bool:
    """Bring a batch of orders into the warehouse; the same batch again, after its process died, changes nothing.

    Orders of somebody who was forgotten are left out.

    Args:
        workspace: where rejected rows are kept.
        store: its warehouse.
        orders: as `import_told_orders` wants them, always the same ones for a batch.
        refused: those that could not be taken, which the import shows with their reasons.
        source: whose orders they are.
        batch_id: the name of the batch, under which it can be switched off and on.
        timezone: the firm's.
        at: when.

    Returns:
        Whether it is there as an import now; not where all of its orders were left out.

    Raises:
        WriterBusyError: another process is writing.
    """
    with workspace.staging() as folder, store.writing():
        if any(state["batch_id"] == batch_id for state in imports_of(store)):
            return True
        tombstones, forgotten = store.version_of(TOMBSTONES.name), forgotten_in(workspace)
        theirs = [is_of(forgotten, order, source) for order in orders]
        kept = [order for order, is_theirs in zip(orders, theirs, strict=True) if not is_theirs]
        if not kept:
            return False
        left_out = [RefusedOrder(place, "", WHY) for place, is_theirs in enumerate(theirs, start=1) if is_theirs]
        imported = import_told_orders(
            kept,
            [*(_blanked(forgotten, each, source) for each in refused), *left_out],
            source=source,
            batch_id=batch_id,
            timezone=timezone,
            into=folder,
        )
        nothing = Effect(0, 0, 0, None, None, {})  # nobody looks at what it would do before it lands
        fingerprint = imported.report.files[0].sha256
        prepared = PreparedImport(batch_id, fingerprint, imported, {}, nothing, tombstones)
        land(workspace, store, prepared, at=at)
    return True


def is_of(forgotten: Forgotten, given: Any, source: str) -> bool:
    """Whether an order or an act, right or wrong, is somebody's who was forgotten."""
    if not isinstance(given, Mapping):
        return False
    who = given.get("customer")
    marks = [Mark(kind, str(who[kind])) for kind in _TELLING if who.get(kind)] if isinstance(who, Mapping) else []
    if customer := given.get("customer_id"):
        marks += [Mark("id", str(customer)), Mark("id", str(customer), source)]
    return forgotten.knows(marks)


def _blanked(forgotten: Forgotten, refused: RefusedOrder, source: str) -> RefusedOrder:
    """One that could not be taken, without its text where it is of somebody who was forgotten."""
    try:
        given = loads(refused.text)
    except JSONDecodeError:
        return refused
    return replace(refused, text="") if is_of(forgotten, given, source) else refused
