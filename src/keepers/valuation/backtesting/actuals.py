"""What the customers of a base did after it, by the same rule for returns as in the history."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from keepers.valuation.base import Base, values_for
from keepers.warehouse.store import Store

COLUMNS = ("orders", "revenue")


@dataclass(frozen=True, slots=True)
class Actuals:
    """Later orders [occasions] and revenue net of returns [money] of each customer, shape (n,)."""

    orders: NDArray[np.int64]
    revenue: NDArray[np.float64]

    @property
    def worth(self) -> NDArray[np.float64]:
        """What a ranking is judged by: later revenue, or later orders where there is no money."""
        return self.revenue if np.any(self.revenue != 0) else self.orders.astype(np.float64)


def read_actuals(store: Store, base: Base, *, until: date) -> Actuals:
    """Read what followed the base's date up to `until`; customers who did nothing have zeros."""
    later = store.query("later_orders", after=base.as_of, as_of=until)
    orders, revenue = (values_for(base.summary["customer_id"], later["customer_id"], later[name]) for name in COLUMNS)
    return Actuals(orders.astype(np.int64), revenue)
