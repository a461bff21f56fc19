"""How a forecast is shared out among the models, by what each said before what customers then did.

The weights are those under which the mixture of the models would have forecast best from the earlier origins (Yao,
Vehtari, Simpson and Gelman 2018), drawn half-way to equal ones: a few windows that overlap tell little of the next one,
and equal weights are hard to beat (Claeskens, Magnus, Vasnev and Wang 2016, "The forecast combination puzzle").
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepers.clv import mbg_cnbd_k, mbg_nbd
from keepers.clv.drift_learning import Judged
from keepers.clv.inference.fitting import Fit

TO_EQUAL = 0.5  # earlier origins count as about two windows apart, equal weights as much
LEAST_WEIGHT = 0.05  # a model that even the best mixture hardly uses has no share
ROUNDS = 300


def stacked(judged: Mapping[str, Judged]) -> dict[str, float]:
    """The weight of each model that has a share, the heaviest first; the weights add to 1.

    Args:
        judged: by the model's name, all over the same customers of the same origins.
    """
    names = list(judged)
    while True:
        best = dict(zip(names, best_weights([judged[name] for name in names]), strict=True))
        kept = [name for name in names if best[name] >= LEAST_WEIGHT]
        if len(kept) == len(names):
            break
        names = kept
    equal = 1 / len(names)
    shares = {name: (1 - TO_EQUAL) * best[name] + TO_EQUAL * equal for name in names}
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def best_weights(judged: list[Judged]) -> list[float]:
    """The weights of the mixture with the highest mean log chance, by expectation and maximisation."""
    logs, weight = np.stack([each.log_chances for each in judged]), judged[0].weight
    chances = np.exp(logs - logs.max(axis=0))
    shares = np.full(len(judged), 1 / len(judged))
    for _ in range(ROUNDS if len(judged) > 1 else 0):
        each = shares[:, None] * chances
        shares = (each / each.sum(axis=0)) @ weight
    return [float(share) for share in shares]


def different(fits: Mapping[str, Sequence[Fit[Any]]]) -> list[str]:
    """The models by name, without MBG/CNBD-k where gaps were regular at no origin: with one stage it is the MBG/NBD."""
    regular = any(each.parameters.k > 1 for each in fits.get(mbg_cnbd_k.NAME, ()))
    return [name for name in fits if name != mbg_cnbd_k.NAME or regular or mbg_nbd.NAME not in fits]


def mixed(judged: Mapping[str, Judged], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """(rows,) log chance that the mixture gave to what each customer then did."""
    logs = np.stack([judged[name].log_chances for name in weights])
    top = logs.max(axis=0)
    shares = np.array(list(weights.values()))
    mixture: NDArray[np.float64] = top + np.log(shares @ np.exp(logs - top))
    return mixture
