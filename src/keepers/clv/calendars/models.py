"""The models of orders under a calendar: `with_calendar(model, calendar)` passes wherever a model does.

Where leaving follows an order (BG/NBD, MBG/NBD, MBG/CNBD-k) a model lives in the calendar's own time (`calendar_time`);
the Pareto/NBD, whose customers leave in real time, has a form of its own (`pareto_under_calendar`).
"""

from typing import cast

from keepers.clv import pareto_nbd
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.own_time import CalendarTime
from keepers.clv.calendars.pareto_model import ParetoUnderCalendar
from keepers.clv.mixture import Mixture
from keepers.clv.model import PurchaseModel
from keepers.clv.pauses import Pausing


def with_calendar(model: PurchaseModel | Mixture, calendar: Calendar | None) -> PurchaseModel:
    """The model under a calendar; the model itself where there is none."""
    if calendar is None:
        return cast("PurchaseModel", model)
    if isinstance(model, Mixture):
        return cast("PurchaseModel", Mixture(tuple(with_calendar(each, calendar) for each in model.models)))
    under = ParetoUnderCalendar(calendar) if model.NAME == pareto_nbd.NAME else CalendarTime(model, calendar)
    return cast("PurchaseModel", under)


def without_calendar(model: PurchaseModel) -> tuple[PurchaseModel, Calendar]:
    """The model alone, without pauses, and its calendar, which is flat where it has none."""
    if isinstance(model, Pausing):
        return without_calendar(model.model)
    if isinstance(model, CalendarTime):
        return cast("PurchaseModel", model.base), model.calendar
    if isinstance(model, ParetoUnderCalendar):
        return cast("PurchaseModel", pareto_nbd), model.calendar
    return model, Calendar.flat()
