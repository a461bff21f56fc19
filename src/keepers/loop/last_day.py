"""The last day that is known where nobody names one: the last order's, but of those whose moment has come."""

from datetime import UTC, date, datetime

from keepers.warehouse.store import Store


def last_day_in(store: Store) -> date | None:
    """The last day that is known of a store's orders; None where there are none."""
    window = store.query("last_known_order", now=datetime.now(UTC)).to_pylist()[0]
    return last_day(window["last_come"], window["last_order"])


def last_day(last_come: date | None, last_order: date | None) -> date | None:
    """The day of the last order that does not lie ahead, as booked stays, promised parcels and mistyped years do.

    Moments were compared, not days, so that this morning's orders have come wherever the clock stands. Orders that all
    lie ahead are taken as they are: then it is the clock that errs.
    """
    return last_come or last_order
