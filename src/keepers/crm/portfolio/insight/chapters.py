"""The newspaper: which insights stand in which chapter, and what each is called."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Chapter:
    """Some insights that belong together, the leading ones first.

    slug: names it within the page
    wide: which of its insights have two columns
    """

    slug: str
    title: str | Promise
    names: tuple[str, ...]
    wide: tuple[str, ...]


CHAPTERS = (
    Chapter(
        "worth",
        _("What the base is worth"),
        ("ledger", "equity", "percentiles", "concentration", "new-customers"),
        ("ledger", "percentiles"),
    ),
    Chapter("people", _("Who comes back"), ("cohorts", "retention", "frequency", "gaps", "averages"), ("cohorts",)),
    Chapter("groups", _("Where they stand"), ("movement", "groups", "rfm", "quarters"), ("movement", "quarters")),
    Chapter("goods", _("What they buy, and how"), ("products", "stock", "payments", "channels", "locations"), ()),
    Chapter("time", _("When they buy"), ("course", "weekdays", "seasons"), ("course",)),
    Chapter("buyers", _("Who bought most"), ("buyers",), ("buyers",)),
    Chapter("next", _("Where to find the next"), ("profile", "sources"), ("profile", "sources")),
    Chapter("trust", _("How far to trust this"), ("calibration", "trust", "tracking"), ("calibration", "tracking")),
)

FIRST_VIEW = {"buyers": "year"}
"""The view of an insight that is shown where none is asked for."""

TITLES: Mapping[str, str | Promise] = {
    "ledger": _("How the worth moved"),
    "equity": _("Worth of the base"),
    "percentiles": _("From the best to the last"),
    "concentration": _("Who holds the value"),
    "new-customers": _("Worth of a new customer"),
    "cohorts": _("Cohorts"),
    "retention": _("Retention"),
    "frequency": _("How often they order"),
    "gaps": _("How long they wait"),
    "averages": _("Averages"),
    "movement": _("Movement between groups"),
    "groups": _("Groups"),
    "rfm": _("Recency, frequency, money"),
    "quarters": _("Value against chance active"),
    "products": _("Products"),
    "stock": _("What to keep in stock"),
    "payments": _("How they pay"),
    "channels": _("Channels"),
    "locations": _("Places"),
    "course": _("Week by week"),
    "weekdays": _("Days of the week"),
    "seasons": _("Months of the year"),
    "buyers": _("Biggest buyers"),
    "profile": _("Who the best are"),
    "sources": _("What winning them costs"),
    "calibration": _("Forecast against actual"),
    "tracking": _("Expected week by week"),
    "trust": _("Beside simple rules"),
}

MISSING: Mapping[str, str | Promise] = {
    "products": _("The orders name no products. If a column of your file does, choose it when you bring the orders."),
    "stock": _("The orders name no products, or are too few weeks to tell how demand spreads. Bring a longer history."),
    "payments": _("The orders name no ways of paying. If a column of your file does, choose it when you bring them."),
    "channels": _("The orders name no channels. If a column of your file does, choose it when you bring the orders."),
    "locations": _("The orders name no places. If a column of your file does, choose it when you bring the orders."),
    "ledger": _("There is one run so far, so nothing to compare it with. After the next run this page fills."),
    "movement": _("There is one run so far, so nothing to compare it with. After the next run this page fills."),
    "sources": _(
        "Nothing says what brought the customers. Choose such a column of your file, or write it on their records."
    ),
    "profile": _("Nothing is known of the customers beside their orders, or too few share it."),
    "calibration": _("The run did not forecast the past: the history is too short, or it was told not to."),
    "tracking": _("The run did not forecast the past: the history is too short, or it was told not to."),
    "trust": _("The run did not forecast the past: the history is too short, or it was told not to."),
}
MISSING_ELSE = _("The run could not answer this: the orders carry no amounts, or there are too few of them.")

PERIODS: Mapping[str, str | Promise] = {
    "year": _("By year"),
    "month": _("By month"),
    "week": _("By week"),
    "day": _("By day"),
}


def names_in_order() -> Iterator[str]:
    """Every insight, as the newspaper has them."""
    for chapter in CHAPTERS:
        yield from chapter.names


def why_missing(name: str) -> str:
    """Why a run may have no answer to this."""
    return str(MISSING.get(name, MISSING_ELSE))
