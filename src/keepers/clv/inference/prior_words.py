"""Where the prior decides rather than the data, in sentences.

Parameters that answer one question (how long do customers stay?) are looked at together, in standard deviations of the
prior: along the direction that the data tell best, and along the one that they tell worst. A shape and a rate may both
be open and their ratio, the average, be known well.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from keepers.clv.histories import Floats
from keepers.core.told import Told

Questions = Sequence[tuple[str, tuple[int, ...]]]  # what parameters answer, and which ones do
ORDERS_AND_STAY: Questions = (("how often customers order", (0, 1)), ("how long they stay", (2, 3)))

UNTOLD = 0.5  # of the prior's standard deviation is left even where the data tell most: a quarter of what is known
OPEN = 0.7  # is left where they tell least: half of what is known


def prior_in_words(about: Questions, log_points: Floats, weights: Floats, spread: Floats) -> Iterator[str]:
    """A sentence for each question that the data leave to the prior.

    Args:
        about: the questions.
        log_points: (N, k) points of the posterior [log parameters].
        weights: (N,) of them, adding to 1.
        spread: (k,) standard deviations of the prior [log parameters].
    """
    scaled = (log_points - weights @ log_points) / spread
    covariance = (weights[:, None] * scaled).T @ scaled
    for question, places in about:
        left = np.sqrt(np.maximum(np.linalg.eigvalsh(covariance[np.ix_(places, places)]), 0.0))
        if left[0] >= UNTOLD:
            yield Told.of(
                "The history says next to nothing about %(question)s: what the forecast takes for it is what is usual "
                "elsewhere, and the ranges are as wide as that asks. A longer history would tell.",
                question=Told.of(question),
            )
        elif left[-1] >= OPEN:
            yield Told.of(
                "The history tells %(question)s on average, but hardly how much customers differ in it: figures far "
                "ahead rest in part on what is usual elsewhere.",
                question=Told.of(question),
            )
