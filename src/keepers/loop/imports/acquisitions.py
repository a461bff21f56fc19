"""How customers came, as the desks tell it: rows of `customer_attributes`, the highest version of each counts."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from keepers.loop.imports.interactions import APP
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.tables import CUSTOMER_ATTRIBUTES


def land_acquisitions(store: DeltaStore, told: Sequence[Mapping[str, Any]], *, batch_id: str) -> None:
    """Add what was told; a batch that is landed again, after its process died, changes nothing.

    Args:
        store: the warehouse.
        told: external_id, described_on, version and how they came, a row each.
        batch_id: the name of these rows, always the same ones.

    Raises:
        WriterBusyError: another process is writing.
    """
    rows = [dict(row) | {"source": APP, "batch_id": batch_id} for row in told]
    schema = CUSTOMER_ATTRIBUTES.schema
    store.append(CUSTOMER_ATTRIBUTES.name, pa.Table.from_pylist(rows, schema=schema), transaction=batch_id)
