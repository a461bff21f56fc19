"""What a personal offer adds to somebody gone or going: returns that would not have come, times what follows them.

A return is worth its order and the second life after it, less serving them in it, as of the day of return. The silence
before it counts as absence, neither as time without orders nor as staying: the second life begins with a history that
is one order longer and ends one usual gap after the last order. Whoever the offer brings back within the year might
have come back later by themselves, and so late a return is taken off again.
"""

from math import exp

import numpy as np

from keepers.clv.histories import Histories
from keepers.decisions.returns import Returns
from keepers.decisions.standing import Ahead, Part
from keepers.decisions.streams import time_as_customer
from keepers.decisions.terms.effects import Floats, Integers, Multiplier


def offered(
    part: Part, order: Floats, *, returns: Returns, effect: Multiplier, strengths: Floats, ahead: Ahead, service: float
) -> Floats:
    """(draws, m) discounted margin that an offer adds before its cost [money].

    Args:
        part: those to whom it may be made.
        order: (m,) margin of an order [money].
        returns: chances of return within the year without the offer.
        effect: what the offer multiplies them by.
        strengths: (draws,) how well contact works in each joint draw.
        ahead: how far to look.
        service: what serving a customer costs [money per time unit].
    """
    silent = part.histories.age - part.histories.age_at_last_order
    orders = part.histories.repeat_orders + 1
    chance = returns.chance(silent, orders)
    more = np.minimum(chance * effect.at(strengths)[:, None], 1.0) - chance
    more *= 1.0 - _anyway(returns, silent, orders, ahead)
    later = exp(-0.5 * ahead.discount_rate * ahead.year)  # on average in the middle of the year
    follows, served = second_life(part, ahead, with_service=service > 0)
    return np.asarray(more * later * (order * (1.0 + follows) - service * served))


def second_life(part: Part, ahead: Ahead, *, with_service: bool) -> tuple[Floats, Floats]:
    """Discounted orders after the one that brings somebody back, and time as a customer, as of that day.

    (draws, m) each [orders, time unit]; time is nothing where it is not wanted.
    """
    back, place = _back(part.histories).distinct()
    horizon = ahead.value_cap - 0.5 * ahead.year
    follows = np.empty((len(part.draws), len(back)))
    served = np.zeros_like(follows)
    for d in range(len(part.draws)):
        at = part.drawn(d)
        follows[d] = part.plain.discounted_expected_orders(
            at, back, horizon=horizon, discount_rate=ahead.discount_rate, intensity=ahead.intensity
        )
        if with_service:
            served[d] = time_as_customer(part.plain, at, back, 0.0, horizon, ahead.discount_rate)
    return follows[:, place], served[:, place]


def _back(histories: Histories) -> Histories:
    """The histories as they are when somebody has just come back, without the silence beyond a usual gap."""
    repeats = np.maximum(histories.repeat_orders, 1)
    again = histories.repeat_orders > 0
    usual = float(np.median((histories.age_at_last_order / repeats)[again])) if again.any() else np.inf
    gap = np.where(again, histories.age_at_last_order / repeats, usual)
    age = np.minimum(histories.age_at_last_order + gap, histories.age)
    return Histories(
        histories.repeat_orders + 1,
        age,
        age,
        histories.weight,
        histories.time_unit_days,
        pattern=histories.pattern,
    )


def _anyway(returns: Returns, silent: Floats, orders: Integers, ahead: Ahead) -> Floats:
    """(m,) returns in later years that come without the offer, each by its worth beside one within this [share]."""
    found, still_gone = np.zeros(len(silent)), np.ones(len(silent))
    for later in range(1, int(ahead.value_cap / ahead.year)):
        chance = returns.chance(silent + later * ahead.year, orders)
        found += exp(-ahead.discount_rate * later * ahead.year) * still_gone * chance
        still_gone *= 1.0 - chance
    return found
