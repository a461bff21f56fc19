"""Who may grow: customers whom their luck, the rest of their wallet, or more categories would bring to the top tenth.

The mark is the same in all three: what the top tenth of the base is worth. A column that the table of values lacks
(`share_of_wallet`, `categories`) speaks for nobody.
"""

import numpy as np
from numpy.typing import NDArray

from keepers.decisions.standing import Standing
from keepers.decisions.terms.effects import Floats

TOP = 0.9
MOST_BY_BREADTH = 2.0  # times of what somebody is worth that more categories may make it
UPPER_TAIL, WALLET, BREADTH = "upper tail", "wallet", "breadth"


def growth_of(standing: Standing) -> NDArray[np.str_]:
    """(n,) what could bring a customer to the mark, the surest first; an empty word where nothing does.

    * wallet: worth ÷ the high end of their share of wallet: what they spend on the category, all of it with us. The
      high end, so that whoever may give us nearly all already is not counted on.
    * upper tail: the 95 % point of what they may turn out to be worth.
    * breadth: worth × categories that the top tenth buys from (their median) ÷ their own, at most twice as much, of
      whoever ordered again. It takes for granted that what is bought grows with the categories.
    """
    mean, high = standing.column("residual_value"), standing.column("residual_value_high")
    mark = float(np.nanquantile(mean, TOP))
    below = (mean < mark) & (mark > 0)
    reaches = {WALLET: _whole_wallet(standing, mean), UPPER_TAIL: high, BREADTH: _as_broad(standing, mean, mark)}
    flags = [below & (potential >= mark) for potential in reaches.values()]
    return np.select(flags, list(reaches), default="")


def _whole_wallet(standing: Standing, mean: Floats) -> Floats:
    share = _given(standing, "share_of_wallet_high")
    return np.where(share > 0, mean / np.where(share > 0, share, 1.0), np.nan)


def _as_broad(standing: Standing, mean: Floats, mark: float) -> Floats:
    own = _given(standing, "categories")
    best = own[(mean >= mark) & (own > 0)]
    if not best.size:
        return np.full(standing.size, np.nan)
    times = np.clip(float(np.median(best)) / np.where(own > 0, own, 1.0), 1.0, MOST_BY_BREADTH)
    return np.where((own > 0) & (standing.column("repeat_orders") > 0), mean * times, np.nan)


def _given(standing: Standing, name: str) -> Floats:
    """A column that may be there; nan where it is not."""
    return standing.column(name) if name in standing.table.column_names else np.full(standing.size, np.nan)
