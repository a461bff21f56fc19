"""Which customer a source's id stands for: read whole, changed by adding versions."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.store import Store
from keepers.warehouse.tables import CUSTOMER_KEYS


def keys_of(store: Store, customers: Sequence[str]) -> list[dict[str, Any]]:
    """Ids that stand for one of these customers: source, external_id, customer_id and the version that says so.

    A customer's own id counts in every source that is known, so that lines which come later find the way too.
    """
    known = store.query("known_keys")
    wanted = pa.array(customers, pa.string())
    rows: list[dict[str, Any]] = known.filter(pc.is_in(known["customer_id"], value_set=wanted)).to_pylist()
    named = {(row["source"], row["external_id"]) for row in known.select(["source", "external_id"]).to_pylist()}
    own = [(source, customer) for source in pc.unique(known["source"]).to_pylist() for customer in customers]
    rows += [
        {"source": source, "external_id": customer, "customer_id": customer, "version": 0}
        for source, customer in own
        if (source, customer) not in named
    ]
    return sorted(rows, key=lambda row: (row["source"], row["external_id"]))


def land_keys(store: DeltaStore, keys: Sequence[Mapping[str, Any]], *, batch_id: str) -> None:
    """Add versions of keys; a batch that is landed again, after its process died, changes nothing.

    Raises:
        WriterBusyError: another process is writing.
    """
    rows = pa.Table.from_pylist([dict(key) for key in keys], schema=CUSTOMER_KEYS.schema)
    store.append(CUSTOMER_KEYS.name, rows, transaction=batch_id)
