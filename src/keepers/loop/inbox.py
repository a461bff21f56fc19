"""Orders that programs send one at a time: gathered into batches, each of which lands as an import does, once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from keepers.ingest.report import ImportReport
from keepers.ingest.told_orders import RefusedOrder, import_told_orders
from keepers.loop.imports import Effect, PreparedImport, land
from keepers.loop.workspace import Workspace, imports_of
from keepers.warehouse.delta import DeltaStore


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
) -> ImportReport:
    """Bring a batch of orders into the warehouse; the same batch again, after its process died, changes nothing.

    Args:
        workspace: where rejected rows are kept.
        store: its warehouse.
        orders: as `import_told_orders` wants them, always the same ones for a batch.
        refused: those that could not be taken, which the import shows with their reasons.
        source: whose orders they are.
        batch_id: the name of the batch, under which it can be switched off and on.
        timezone: the firm's.
        at: when.

    Raises:
        WriterBusyError: another process is writing.
    """
    with workspace.staging() as folder, store.writing():
        imported = import_told_orders(orders, refused, source=source, batch_id=batch_id, timezone=timezone, into=folder)
        if not any(state["batch_id"] == batch_id for state in imports_of(store)):
            nothing = Effect(0, 0, 0, None, None, {})  # nobody looks at what it would do before it lands
            fingerprint = imported.report.files[0].sha256
            land(workspace, store, PreparedImport(batch_id, fingerprint, imported, {}, nothing), at=at)
    return imported.report
