"""Money as people read it."""

from decimal import Decimal
from math import isfinite

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CHF": "CHF ", "INR": "₹"}
_STEPS = (  # from this amount on: unit, word, decimal places
    (1e9, 1e9, " bn", 2),
    (1e6, 1e6, " m", 2),
    (1e4, 1e3, " k", 0),
    (1e3, 1e3, " k", 1),
)


def money(amount: float | Decimal | None, currency: str | None) -> str:
    """Short and rounded: "€1.84 m", "€12 k", "€412", "€4.20"; "–" where there is none."""
    if amount is None or not isfinite(amount):
        return "–"
    sign = _SIGNS.get(currency, f"{currency} ") if currency else ""
    return f"{'−' if amount < 0 else ''}{sign}{_short(abs(float(amount)))}"


def money_range(low: float | None, high: float | None) -> str:
    """An interval: "268 – 640", the sign left to the figure beside it."""
    if low is None or high is None:
        return "–"
    return f"{money(low, None)} – {money(high, None)}"


def _short(amount: float) -> str:
    for start, unit, word, places in _STEPS:
        if amount >= start * 0.99995:
            return f"{amount / unit:.{places}f}{word}"
    return f"{amount:.0f}" if amount >= 20 or amount < 0.005 else f"{amount:.2f}"
