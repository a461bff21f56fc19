"""The base at a glance: the few counts of a run that Today shows, taken once when it is published."""

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

NEW_DAYS, DUE_DAYS = 30, 7
NAMED = 8  # customers that Today names


def glance_at(values: pa.Table, *, as_of: date) -> dict[str, Any]:
    """Counts and sums over the customers of a run.

    Args:
        values: rows of the warehouse's `customer_values`, one a customer.
        as_of: the run's last day.

    Returns: JSON-able; each part has `customers`, `residual_value` (None where the source has no money) and
    `first`, the warehouse's ids of those who are worth most.
    """
    alive = values["probability_alive"]
    parts: dict[str, Any] = {
        "active": pc.greater_equal(alive, 0.5),
        "slipping": pc.equal(values["group"], "slipping"),
        "new": pc.greater(values["first_order"], pa.scalar(as_of - timedelta(days=NEW_DAYS))),
        "due": pc.and_(
            pc.greater(values["next_order_due"], pa.scalar(as_of)),
            pc.less_equal(values["next_order_due"], pa.scalar(as_of + timedelta(days=DUE_DAYS))),
        ),
    }
    counted = {name: _part(values, chosen) for name, chosen in parts.items()}
    return counted | {"expected_active": pc.sum(alive).as_py(), "new_days": NEW_DAYS, "due_days": DUE_DAYS}


def _part(values: pa.Table, chosen: Any) -> dict[str, Any]:
    rows = values.filter(chosen)
    by_worth = pc.select_k_unstable(rows, NAMED, [("residual_value", "descending"), ("customer_id", "ascending")])
    return {
        "customers": rows.num_rows,
        "residual_value": pc.sum(rows["residual_value"]).as_py(),
        "first": rows["customer_id"].take(by_worth).to_pylist(),
    }
