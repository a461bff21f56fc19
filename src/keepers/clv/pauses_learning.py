"""How many of those who look gone have only paused, learned from what they did after earlier days.

Chances of what each customer then did are linear in the share: one part as the model says, one as if nobody had left.
So the share is the second one's weight in the likeliest mixture of both. It is used where what then happened is
likelier by more than a standard error; else nobody is taken to have paused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from keepers.clv.drift_learning import Judged
from keepers.clv.stacking import best_weights, mixed

MOST = 700.0  # nats by which one chance is above the other: beyond it nothing more can be told


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
    as_told = next(iter(some.values()))
    as_told = replace(as_told, log_chances=mixed(some, weights))
    none_left = {name: each.had_none_left() for name, each in some.items()}
    stayed = replace(as_told, log_chances=mixed(none_left, weights))
    share = best_weights([as_told, stayed])[1]
    likelier = np.expm1(np.minimum(stayed.log_chances - as_told.log_chances, MOST))
    gains = np.log1p(share * likelier)
    gain = float(as_told.weight @ gains)
    error = float(np.sqrt(as_told.weight @ (gains - gain) ** 2 / max(as_told.customers, 1.0)))
    return Pauses(share if gain > error else 0.0, gain, error)
