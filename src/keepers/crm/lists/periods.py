"""Days as filters write them, and rows counted by the week or the month."""

from calendar import monthrange
from datetime import date, datetime, timedelta

from django.db.models.functions import TruncMonth, TruncWeek
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from keepers.crm.lists.columns import Text
from keepers.crm.lists.listing import Grouping

_WEEK = timedelta(days=6)


def day_in_words(day: date) -> str:
    """3 Aug 2026."""
    return date_format(day, "j M Y")


def by_week(label: Text, path: str, narrowed_by: str) -> Grouping:
    """Weeks, from Monday to Sunday.

    Args:
        label: of the choice.
        path: the lookup of a day or a moment.
        narrowed_by: the filter of days that narrows the list to a week.
    """

    def in_words(monday: date) -> str:
        return _("week of %(day)s") % {"day": day_in_words(_day(monday))}

    def within(monday: date) -> dict[str, str]:
        first = _day(monday)
        return _between(narrowed_by, first, first + _WEEK)

    return Grouping("week", label, path, TruncWeek(path), in_words, within)


def by_month(label: Text, path: str, narrowed_by: str) -> Grouping:
    """Months; asked as weeks are."""

    def in_words(first: date) -> str:
        return date_format(_day(first), "F Y")

    def within(moment: date) -> dict[str, str]:
        first = _day(moment)
        return _between(narrowed_by, first, first.replace(day=monthrange(first.year, first.month)[1]))

    return Grouping("month", label, path, TruncMonth(path), in_words, within)


def _between(name: str, first: date, last: date) -> dict[str, str]:
    return {f"{name}_from": first.isoformat(), f"{name}_to": last.isoformat()}


def _day(since: date) -> date:
    return since.date() if isinstance(since, datetime) else since
