"""Figures as a manager would write them: €1.84 m, 71 %, 1 in 4, 12 Aug 2026."""

from datetime import date, timedelta
from math import isfinite

from keepers.core.told import Told

NOTHING = "–"
LEAST_SHARE = 0.1  # per cent; less is said to be less
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_SCALES = ((1e9, " bn"), (1e6, " m"), (1e5, " k"))


def money(amount: float | None, currency: str | None) -> str:
    """An amount in a sentence: three digits are enough."""
    if amount is None or not isfinite(amount):
        return NOTHING
    size = abs(amount)
    for scale, name in _SCALES:
        if size >= scale * 0.9995:
            digits = _three_digits(size / (1e3 if name == " k" else scale))
            return f"{_sign(amount)}{symbol(currency)}{digits}{name}"
    decimals = 0 if size >= 100 or size == 0 else 2
    return f"{_sign(amount)}{symbol(currency)}{size:,.{decimals}f}"


def exact_money(amount: float | None, currency: str | None, *, decimals: int) -> str:
    """An amount in a table, to whole units or to cents."""
    if amount is None or not isfinite(amount):
        return NOTHING
    rounded = round(amount, decimals)
    return f"{_sign(rounded)}{symbol(currency)}{abs(rounded):,.{decimals}f}"


def symbol(currency: str | None) -> str:
    """What stands before an amount: €, or the code where there is no common sign."""
    if currency is None:
        return ""
    return _SYMBOLS.get(currency, f"{currency} ")


def share(part: float | None, *, decimals: int | None = None) -> str:
    """A share as per cent; small ones keep a decimal."""
    if part is None or not isfinite(part):
        return NOTHING
    percent = 100 * part
    if decimals is None and 0 < percent < LEAST_SHARE:
        return Told.of("under %(share)s %%", share=LEAST_SHARE)
    if decimals is None:
        decimals = 0 if abs(percent) >= 9.95 or percent == 0 else 1
    return f"{percent:.{decimals}f} %"


def chance(probability: float | None) -> str:
    """A probability as one would say it: about 7 in 10, about 2 in 100."""
    if probability is None or not isfinite(probability):
        return NOTHING
    if probability < 0.005:
        return Told.of("less than 1 in 100")
    if probability >= 0.995:
        return Told.of("more than 99 in 100")
    parts = 10 if 0.05 <= probability < 0.95 else 100
    return Told.of("about %(some)s in %(all)s", some=min(max(round(parts * probability), 1), parts - 1), all=parts)


def count(number: float | None) -> str:
    """A whole number with thousands marks."""
    return NOTHING if number is None or not isfinite(number) else f"{number:,.0f}"


def change(number: int) -> str:
    """A count that grew or fell, with its sign: +37, −4, ±0."""
    return f"{'+' if number > 0 else '−' if number < 0 else '±'}{abs(number):,}"


def number(amount: float | None, *, decimals: int = 2) -> str:
    """A plain number."""
    return NOTHING if amount is None or not isfinite(amount) else f"{amount:,.{decimals}f}"


def day(when: date | None) -> str:
    """A date in words: 12 Aug 2026."""
    return NOTHING if when is None else f"{when.day} {when:%b %Y}"


def period(start: date, by: str) -> str:
    """The day, week, month, quarter or year that begins on a date."""
    if by == "year":
        return f"{start.year}"
    if by == "quarter":
        return f"{start.year} Q{(start.month + 2) // 3}"
    if by == "month":
        return f"{start:%b %Y}"
    return Told.of("week of %(day)s", day=day(start)) if by == "week" else day(start)


def during(start: date, by: str) -> str:
    """When something happened, at the head of a sentence: In Mar 2026, On 12 Aug 2026."""
    if by == "day":
        return Told.of("On %(when)s", when=day(start))
    return Told.of("In the %(when)s" if by == "week" else "In %(when)s", when=period(start, by))


def next_period(start: date, by: str) -> date:
    """First day of the period after the one that begins on a date."""
    if by in _MONTHS:
        months = start.year * 12 + start.month - 1 + _MONTHS[by]
        return date(months // 12, months % 12 + 1, 1)
    return start + timedelta(days=7 if by == "week" else 1)


def plural(number_of: float, one: str, many: str | None = None) -> str:
    """A count with its noun: 1 customer, 412 customers."""
    single, several = (f"%(count)s {noun}" for noun in (one, many or f"{one}s"))
    return Told.of(single, several, round(number_of), count=count(number_of))


def _sign(amount: float) -> str:
    return "−" if amount < 0 else ""


def _three_digits(amount: float) -> str:
    whole = len(str(int(amount)))
    return f"{amount:,.{max(0, 3 - whole)}f}"
