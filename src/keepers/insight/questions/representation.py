"""What over-represents some customers: of every level of every attribute, its share among them against all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv
from scipy.stats import false_discovery_control

LEAST_CUSTOMERS = 30  # of a level; fewer tell nothing
FALSE_SHARE = 0.10  # of what is called clear, at most this share is chance
MOST_LEVELS = 40  # of an attribute, the largest

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Level:
    """A level of an attribute among some customers, the chosen, and among all of whom the attribute is known.

    customers: who have it
    share, share_of_chosen: of those whose attribute is known [0–1]
    times: the second by the first, with its interval; of clear levels it holds for all of them together
    is_clear: whether it is surer than chance, given how many levels were looked at
    """

    attribute: str
    level: str
    customers: int
    share: float
    share_of_chosen: float
    times: float
    times_low: float
    times_high: float
    is_clear: bool


def represented(attributes: Mapping[str, Sequence[Any] | pa.ChunkedArray], chances: Floats) -> list[Level]:
    """Every level with enough customers, the clear ones first, those furthest from all before the rest.

    Customers count by their chance to be among the chosen, so nobody is in or out by a hair. A share among them is then
    that of as many independent customers as the chances leave, (Σw)² ÷ Σw² (Kish 1965), drawn from a finite base, and
    its ends are those of Clopper and Pearson (1934) for that number. Levels are called clear by Benjamini and Yekutieli
    (2001): of those, at most a tenth are expected to be chance, whatever depends on what. Their intervals are widened
    so that at most a tenth of them miss (Benjamini and Yekutieli 2005); the others have 90 %.

    Args:
        attributes: of each, the level of (n,) customers; null where it is not known.
        chances: (n,) how likely each customer is to be one of the chosen [0–1].
    """
    found = [each for name, cells in attributes.items() for each in _levels(name, cells, chances)]
    if not found:
        return []
    chance = np.array([each.by_chance() for each in found])
    clear = false_discovery_control(chance, method="by") <= FALSE_SHARE
    together = FALSE_SHARE * clear.sum() / (len(found) * (1.0 / np.arange(1, len(found) + 1)).sum())
    told = [each.told(is_clear=bool(is_so), miss=together) for each, is_so in zip(found, clear, strict=True)]
    return sorted(told, key=lambda each: (not each.is_clear, -abs(np.log(max(each.times, 1e-9))), each.level))


@dataclass(frozen=True, slots=True)
class _Counted:
    """independent: how many independent customers the share among the chosen is like that of."""

    attribute: str
    level: str
    customers: int
    share: float
    share_of_chosen: float
    independent: float

    def by_chance(self) -> float:
        """How likely a share as far from that of all is, where the level says nothing."""
        hits = self.share_of_chosen * self.independent
        more = betainc(max(hits, 1e-9), self.independent - hits + 1.0, self.share)
        fewer = 1.0 - betainc(hits + 1.0, max(self.independent - hits, 1e-9), self.share)
        return float(min(1.0, 2.0 * min(more, fewer)))

    def told(self, *, is_clear: bool, miss: float) -> Level:
        """With an interval that misses this often, where it is clear."""
        tail = (miss if is_clear else 0.10) / 2.0
        hits = self.share_of_chosen * self.independent
        low = 0.0 if hits <= 0 else float(betaincinv(hits, self.independent - hits + 1.0, tail))
        misses = self.independent - hits
        high = 1.0 if misses <= 0 else float(betaincinv(hits + 1.0, misses, 1.0 - tail))
        share = self.share
        return Level(
            self.attribute, self.level, self.customers, share, self.share_of_chosen,
            self.share_of_chosen / share, low / share, high / share, is_clear,
        )  # fmt: skip


def _levels(name: str, cells: Sequence[Any] | pa.ChunkedArray, chances: Floats) -> list[_Counted]:
    column = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else pa.array(cells, pa.string())
    coded = column.cast(pa.string()).dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    weights, codes = chances[codes >= 0], codes[codes >= 0]
    n, total, squares = codes.size, weights.sum(), (weights**2).sum()
    kish = total**2 / squares if squares > 0 else 0.0
    if n <= LEAST_CUSTOMERS or kish <= 0 or kish >= 0.999 * n:  # nobody, or everybody alike, is chosen
        return []
    independent = kish * n / (n - kish)
    words = coded.dictionary.to_pylist()
    customers, chosen = np.bincount(codes, minlength=len(words)), np.bincount(codes, weights, minlength=len(words))
    largest = np.argsort(-customers, kind="stable")[:MOST_LEVELS]
    return [
        _Counted(
            name, words[at], int(customers[at]), float(customers[at] / n), float(chosen[at] / total), float(independent)
        )
        for at in largest.tolist()
        if LEAST_CUSTOMERS <= customers[at] < n
    ]
