"""Whether what was learned of single customers earns its use: beside one share for everybody, on people not seen.

Each half of the people is held against what the other half taught. The loss is the squared distance to the doubly
robust pseudo-outcomes, whose mean is the effect whatever the models say (Nie and Wager 2021, "Quasi-oracle estimation
of heterogeneous treatment effects", compare learners so). Nobody stands in both halves, however often they were tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from keepers.experiments.targeting import Floats, Tried, learn, pseudo_outcomes


@dataclass(frozen=True, slots=True)
class Earned:
    """How much nearer single effects came than one share for everybody [squared outcome of one], and how sure that is.

    people: who were tried, each as often as they were
    """

    nearer: float
    error: float
    people: int

    @property
    def holds(self) -> bool:
        """Whether single effects are to be used: nearer by more than chance easily makes."""
        return self.nearer > self.error

    def as_json(self) -> dict[str, float | int | bool]:
        """For `--json`."""
        return {"nearer": self.nearer, "error": self.error, "people": self.people, "holds": self.holds}


def earned(tried: Tried, usual: Floats, customers: Sequence[str], generator: np.random.Generator) -> Earned:
    """Hold what is learned of each against one share of the usual outcome for everybody.

    Args:
        tried: the people.
        usual: (n,) outcome expected of each without the action.
        customers: (n,) whose rows they are.
        generator: deals the folds.

    Raises:
        NotLearnableError: too few people in a half.
    """
    half = np.array([crc32(customer.encode()) % 2 == 1 for customer in customers])
    nearer = np.empty(len(half))
    for taught in (half, ~half):
        lesson, rest = tried.only(taught), tried.only(~taught)
        share = pseudo_outcomes(lesson, generator).mean() / usual[taught].mean()
        own = learn(lesson, generator).effects(rest.known)
        seen = pseudo_outcomes(rest, generator)
        nearer[~taught] = (seen - share * usual[~taught]) ** 2 - (seen - own) ** 2
    return Earned(float(nearer.mean()), float(nearer.std() / np.sqrt(len(nearer))), len(nearer))
