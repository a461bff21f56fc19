"""What a firm puts on at stated days, such as sales: past ones are learned from, later ones forecast.

An occurrence multiplies what everybody buys on its days by e^β. A week of which it covers a share s is then
1 + s (e^β − 1) times as high. Occurrences of one name are alike, names are somewhat alike, and each differs a little:

    β = expected + common + name + occurrence,    each of the three Normal around 0,

so what is seen of one occurrence tells of the others, and of one that was never seen only as much as promotions have in
common. The weeks' logarithms are linearised around the answer, as those of the calendar are (`calendar_learning`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv.histories import Floats
from keepers.core.errors import KeepersError

_COMMON, _NAME, _OCCURRENCE = 0.3, 0.2, 0.1  # standard deviations of β's parts
_MOST = 3.0  # |β| beyond which a promotion is not believed: 20 times as much, or a twentieth


class InvalidPromotionsError(KeepersError):
    """Promotions whose columns differ in length, that end before they begin, or whose expected size is not above 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Promotions:
    """Occurrences of promotions with what is known of the size of each.

    names: (k,) of each occurrence; equal names are occurrences of the same
    begin, end: (k,) counted from now, below 0 for the past [days]
    expected: (k,) what β is expected to be before anything was seen
    effects: (k,) what β is now thought to be
    """

    names: tuple[str, ...]
    begin: Floats
    end: Floats
    expected: Floats
    effects: Floats

    @classmethod
    def of(cls, names: Sequence[str], begin: ArrayLike, end: ArrayLike, *, factors: ArrayLike | None = None) -> Self:
        """Occurrences, checked.

        Args:
            names: of each occurrence.
            begin: of each [days from now].
            end: of each [days from now].
            factors: (k,) how many times as much is expected to be bought, 1.3 for three tenths more; 1 where not given.

        Raises:
            InvalidPromotionsError: the columns differ in length, one ends before it begins, a factor is not above 0.
        """
        starts, ends = np.asarray(begin, dtype=np.float64), np.asarray(end, dtype=np.float64)
        sizes = np.ones(len(names)) if factors is None else np.asarray(factors, dtype=np.float64)
        if not len(names) == len(starts) == len(ends) == len(sizes):
            raise InvalidPromotionsError("Promotions need a name, a begin and an end each; pass columns of one length.")
        if not ((ends > starts) & np.isfinite(sizes) & (sizes > 0)).all():
            raise InvalidPromotionsError(
                "Each promotion must end after it begins, and be expected to multiply what is bought by a number above "
                "zero, such as 1.3."
            )
        expected = np.log(sizes)
        return cls(tuple(names), starts, ends, expected, expected)

    @classmethod
    def none(cls) -> Self:
        """Nothing was put on."""
        return cls.of((), (), ())

    def __len__(self) -> int:
        return len(self.names)

    def heights(self, middles: Floats, width: float) -> Floats:
        """(m,) logarithm of what they do together to each of the pieces around `middles` [days from now]."""
        return np.asarray(np.log1p(self._shares(middles, width) * np.expm1(self.effects)).sum(axis=1))

    def slopes(self, middles: Floats, width: float) -> Floats:
        """(m, k) slope of `heights` along each β."""
        shares = self._shares(middles, width)
        grown = shares * np.exp(self.effects)
        return np.asarray(grown / (1.0 - shares + grown))

    def lifted(self, middles: Floats, width: float) -> Floats:
        """(m,) what the linearised pieces are where each β is as expected."""
        apart = self.expected - self.effects
        return np.asarray(self.heights(middles, width) + self.slopes(middles, width) @ apart)

    @property
    def prior(self) -> Floats:
        """(k, k) covariance of the β before anything was seen."""
        names = np.array(self.names, dtype=object)
        same = (names[:, None] == names[None, :]).astype(np.float64).reshape(len(self), len(self))
        return np.asarray(_COMMON**2 + _NAME**2 * same + _OCCURRENCE**2 * np.eye(len(self)))

    def told(self, moved: Floats) -> "Promotions":
        """The same, with each β so far from what was expected."""
        return replace(self, effects=np.clip(self.expected + moved, -_MOST, _MOST))

    def _shares(self, middles: Floats, width: float) -> Floats:
        """(m, k) share of each piece that each occurrence covers."""
        first = np.maximum(middles[:, None] - width / 2, self.begin[None, :])
        last = np.minimum(middles[:, None] + width / 2, self.end[None, :])
        return np.asarray(np.maximum(last - first, 0.0) / width)
