"""How many of those who look gone have only paused, learned from what they did after earlier days.

Chances of what each customer then did are linear in the share: one part as the model says, one as if nobody had left.
So the likeliest share is the top of a concave curve. It is used where what then happened is likelier by more than a
standard error; else nobody is taken to have paused.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from keepers.clv.drift_learning import Judged
from keepers.clv.stacking import mixed

MOST = 0.95  # nobody at all would be gone


@dataclass(frozen=True, slots=True)
class Pauses:
    """The share of those who look gone who have only paused.

    share: from 0 to 1
    gain: by how much likelier what then happened is with it, on average over customers [nats]
    error: standard error of the gain [nats]
    """

    share: float
    gain: float = 0.0
    error: float = 0.0


NO_PAUSES = Pauses(0.0)


def learn_pauses(judged: Mapping[str, Judged], weights: Mapping[str, float]) -> Pauses:
    """The share under which what people did after earlier days is likeliest.

    Args:
        judged: the models' forecasts from those days, all over the same customers.
        weights: the models that share the forecast; they add to 1.
    """
    some = {name: judged[name] for name in weights}
    first = next(iter(some.values()))
    gone, stayed = mixed(some, weights), mixed({name: each.had_none_left() for name, each in some.items()}, weights)
    ahead = np.expm1(np.clip(stayed - gone, -700.0, 700.0))  # chances if nobody had left, as parts above the model's

    def gains(share: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.log1p(share * ahead)

    if not ahead.size or float(first.weight @ ahead) <= 0.0:  # the slope at 0: the curve only falls
        return NO_PAUSES
    share = float(minimize_scalar(lambda at: -float(first.weight @ gains(at)), bounds=(0.0, MOST), method="bounded").x)
    found = gains(share)
    gain = float(first.weight @ found)
    error = float(np.sqrt(first.weight @ (found - gain) ** 2 / first.customers))
    return Pauses(share, gain, error) if gain > error else Pauses(0.0, gain, error)
