"""Histories of customers who may order once at each of fixed occasions, counted in opportunities: what BG/BB reads."""

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv.histories import Histories, InvalidHistoriesError


class Occasions:
    """Histories counted in opportunities, the first order (the acquisition) not among them."""

    @staticmethod
    def of(
        x: ArrayLike, t_x: ArrayLike, n: ArrayLike, *, weight: ArrayLike | None = None, time_unit_days: float = 1.0
    ) -> Histories:
        """Histories from orders `x`, the opportunity of the last one `t_x` (0: none) and opportunities `n`, (k,) each.

        Raises:
            InvalidHistoriesError: a value is not whole, or a row breaks x ≤ t_x ≤ n, or t_x > 0 only with orders.
        """
        histories = Histories.of(x, t_x, n, weight=weight, time_unit_days=time_unit_days)
        Occasions.check(histories)
        return histories

    @staticmethod
    def of_matrix(happened: ArrayLike, *, weight: ArrayLike | None = None, time_unit_days: float = 1.0) -> Histories:
        """Histories from (k, n) true or 1 where a customer ordered at an opportunity; nan before their acquisition.

        The opportunities of a customer are those that are not nan; they must be the last ones.
        """
        table = np.asarray(happened, dtype=np.float64)
        seen = np.isfinite(table)
        if np.any(np.diff(seen.astype(np.int8), axis=1) < 0):
            raise InvalidHistoriesError("After a customer's first opportunity every one needs a 0 or a 1, not nan.")
        ordered = np.nan_to_num(table) > 0
        n = seen.sum(axis=1)
        place = np.arange(1, table.shape[1] + 1) - (table.shape[1] - n)[:, None]
        last = np.where(ordered, place, 0).max(axis=1, initial=0)
        return Occasions.of(ordered.sum(axis=1), last, n, weight=weight, time_unit_days=time_unit_days)

    @staticmethod
    def check(histories: Histories) -> None:
        """Opportunities are whole numbers, and nobody orders twice at one.

        Raises:
            InvalidHistoriesError: some histories are not counted so.
        """
        n, t_x, x = histories.age, histories.age_at_last_order, histories.repeat_orders
        sound = (n == np.floor(n)) & (t_x == np.floor(t_x)) & (x <= t_x) & ((x > 0) == (t_x > 0))
        if not sound.all():
            rows = ", ".join(str(row) for row in np.flatnonzero(~sound)[:3])
            raise InvalidHistoriesError(
                f"{int((~sound).sum())} histories are not counted in opportunities (the first: rows {rows}): orders, "
                "the opportunity of the last order and the number of opportunities must be whole, at most one order "
                "each. `Occasions` makes them."
            )
