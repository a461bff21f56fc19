"""The last day that is known where nobody names one: the last order's, but no day that is still to come."""

from datetime import date

from keepers.warehouse.store import Store


def last_day_in(store: Store) -> date | None:
    """The last day that is known of a store's orders; None where there are none."""
    window = store.query("order_window").to_pylist()[0]
    return None if window["last_order"] is None else last_day(window["first_order"], window["last_order"])


def last_day(first: date, last: date) -> date:
    """The day of the last order, or today where orders lie ahead: stays that are booked, parcels that are promised.

    Orders that all lie ahead are taken as they are: then it is the clock that errs.
    """
    today = date.today()  # noqa: DTZ011 the clock of the machine, as orders without a zone have it
    return today if first <= today < last else last
