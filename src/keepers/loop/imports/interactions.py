"""Acts at touch points: what the desks tell the warehouse, and what a customer's page reads back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.store import Store
from keepers.warehouse.tables import INTERACTIONS
from keepers.warehouse.tombstones import NOBODY, Forgotten

APP = "keepers"  # the source of what people do in the app


def land_interactions(
    store: DeltaStore,
    acts: Sequence[Mapping[str, Any]],
    *,
    batch_id: str,
    forgotten: Callable[[], Forgotten] = lambda: NOBODY,
) -> None:
    """Add acts to the warehouse; a batch that is landed again, after its process died, changes nothing.

    Args:
        store: the warehouse.
        acts: rows of `interactions` without their batch.
        batch_id: the name of these rows, always the same ones.
        forgotten: tells those whose acts are left out; asked when nobody else writes.

    Raises:
        WriterBusyError: another process is writing.
    """
    with store.writing():
        known = forgotten()
        rows = [
            dict(act) | {"batch_id": batch_id}
            for act in acts
            if not known.among([act["external_id"]], source=act["source"])
        ]
        store.append(INTERACTIONS.name, pa.Table.from_pylist(rows, schema=INTERACTIONS.schema), transaction=batch_id)


def interactions_of(store: Store, customer_id: str) -> list[dict[str, Any]]:
    """What other sources than the app know of a customer's touch points, the newest first."""
    rows: list[dict[str, Any]] = store.query("record_interactions", customer_id=customer_id).to_pylist()
    return rows
