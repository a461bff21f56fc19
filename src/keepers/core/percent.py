"""Shares as people read them."""


def percent(share: float, decimals: int = 0, *, signed: bool = False) -> str:
    """Per cent with a space: "36 %", "36.4 %", signed "+3 %"."""
    return f"{100 * share:{'+' * signed}.{decimals}f} %"
