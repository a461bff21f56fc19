"""Assumptions as people read them: margin 30 %, horizon 1 year."""

from collections.abc import Mapping
from decimal import Decimal
from math import isclose
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from keepers.core.periods import DAYS_PER_YEAR, Period

LABELS: Mapping[str, Promise] = {
    "margin": _("Margin"),
    "annual_discount": _("Annual discount"),
    "horizon": _("Horizon"),
    "value_cap": _("Value cap"),
    "unit": _("Time unit"),
    "currency": _("Currency"),
    "model": _("Model"),
    "by": _("Told apart by"),
    "spend": _("Model of spend"),
    "cost_to_serve": _("Cost to serve, a year"),
    "holdout": _("Hold-out"),
}
TERM_WORDS: Mapping[str, Promise] = {
    "acquisition_source": _("what brought them"),
    "segment": _("segment"),
    "channel": _("channel"),
    "payment_method": _("payment method"),
    "location": _("place"),
    "first_order": _("quarter of the first order"),
}
NOTHING = "–"
_UNITS = {"day": _("day"), "week": _("week"), "month": _("month")}


def assumption_rows(parameters: Mapping[str, Any]) -> list[tuple[Promise, str]]:
    """Each assumption of a run, as its row in `runs` keeps it, in words."""
    assumed = parameters["assumptions"]
    days = parameters["holdout_days"]
    holdout = gettext("a third, at most a year") if days is None else length_in_words(days) if days else gettext("none")
    lengths = {name: length_in_words(assumed[name]) for name in ("horizon", "value_cap")}
    return _rows(assumed | lengths | {"holdout": holdout})


def compared_rows(run: Mapping[str, Any]) -> list[tuple[Promise, str]]:
    """What may make two runs differ, in words."""
    backtest, fit = run["backtest"], run["diagnostics"]["purchases"]
    found = f"{100 * backtest['top_10_percent']:.0f} %" if backtest else NOTHING
    return [
        (_("As of"), date_format(run["as_of"], "j M Y")),
        (_("Customers"), number_format(run["base"]["customers"], force_grouping=True)),
        *assumption_rows(run["parameters"]),
        (_("Fitted model"), fit["model"] if fit else NOTHING),
        (_("Grade"), run["grade"] or NOTHING),
        (_("Best tenth found in the backtest"), found),
        (_("Version of Keepers"), run["version"]),
    ]


def field_rows(fields: Mapping[str, Any]) -> list[tuple[Promise, str]]:
    """Each assumption as the settings keep it, in words."""
    lengths = {name: length_in_words(Period.parse(fields[name]).days) for name in ("horizon", "value_cap")}
    holdout = fields["holdout"]
    if not holdout:
        told = gettext("a third, at most a year")
    else:
        told = gettext("none") if holdout == "none" else length_in_words(Period.parse(holdout).days)
    return _rows(dict(fields) | lengths | {"holdout": told})


def length_in_words(days: float) -> str:
    """A length of time in the largest unit that counts it whole: 5 years, 39 weeks."""
    for unit, singular, plural in (
        (DAYS_PER_YEAR, "%(number)s year", "%(number)s years"),
        (7.0, "%(number)s week", "%(number)s weeks"),
        (DAYS_PER_YEAR / 12, "%(number)s month", "%(number)s months"),
    ):
        number = days / unit
        if number >= 1 and isclose(number, round(number), abs_tol=1e-6):
            return ngettext(singular, plural, round(number)) % {"number": round(number)}
    return ngettext("%(number)s day", "%(number)s days", round(days)) % {"number": number_format(days, None)}


def _percent(share: float) -> str:
    percent = Decimal(str(round(100 * share, 4))).normalize()
    return f"{number_format(percent if percent % 1 else int(percent))} %"


def _model(name: str) -> str:
    return gettext("the best on past orders") if name == "auto" else name


def _rows(assumed: Mapping[str, Any]) -> list[tuple[Promise, str]]:
    told = {
        "margin": _percent(assumed["margin"]),
        "annual_discount": _percent(assumed["annual_discount"]),
        "horizon": assumed["horizon"],
        "value_cap": assumed["value_cap"],
        "unit": str(_UNITS.get(assumed["unit"], assumed["unit"])),
        "currency": assumed["currency"] or gettext("the orders’ own"),
        "model": _model(assumed["model"]),
        "by": ", ".join(str(TERM_WORDS[name]) for name in assumed.get("by") or ()) or gettext("nothing"),
        "spend": _model(assumed.get("spend", "auto")),
        "cost_to_serve": number_format(cost, force_grouping=True)
        if (cost := assumed.get("cost_to_serve"))
        else NOTHING,
        "holdout": assumed["holdout"],
    }
    return [(label, told[name]) for name, label in LABELS.items()]
