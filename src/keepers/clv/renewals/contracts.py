"""What the models of contracts read: how often a contract was renewed, and whether the customer ended it.

A contract begins with a first period. At the end of each period stands a renewal opportunity: the customer renews or
ends. After k renewals somebody faces opportunity k + 1. Whoever still runs was not asked again yet: they are censored,
not lost. A contract that was already running when the records begin is watched from `renewals_at_entry` on (left
truncation): what ended before is in no record, so the renewals up to there say nothing.

Paper: Fader and Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics.grouping import first_of_each
from keepers.core.errors import KeepersError

Booleans = NDArray[np.bool_]


class InvalidContractsError(KeepersError):
    """Contracts that cannot be: negative renewals, or fewer renewals than were already made at the entry."""


@dataclass(frozen=True, slots=True, eq=False)
class LifeTable:
    """How many faced each renewal opportunity, and how many ended there: all that a likelihood needs.

    at_risk: (k,) customers whose answer at opportunity 1, 2 … k was seen [customers]
    lost: (k,) of these, who ended there [customers]
    """

    at_risk: Floats
    lost: Floats

    def __len__(self) -> int:
        return len(self.at_risk)

    def thinned(self, rows: int) -> "LifeTable":  # noqa: ARG002  what a sample of rows promises
        """The same table: its length is that of the longest contract, whatever the number of customers."""
        return self

    @property
    def kept(self) -> Floats:
        """(k,) who renewed at opportunity 1, 2 … k [customers]."""
        return self.at_risk - self.lost


@dataclass(frozen=True, slots=True, eq=False)
class Contracts:
    """Contracts, row by row; the unit of time is the renewal period.

    renewals: (n,) renewals made since the contract began [renewals]
    ended: (n,) whether the customer was seen to end at the next opportunity; else the contract still runs
    weight: (n,) customers with this contract [customers]
    renewals_at_entry: (n,) renewals already made when the contract was first watched; 0: from its beginning
    time_unit_days: length of the renewal period [days]
    """

    renewals: Integers
    ended: Booleans
    weight: Floats
    renewals_at_entry: Integers
    time_unit_days: float = 1.0

    @classmethod
    def of(
        cls,
        renewals: ArrayLike,
        ended: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        renewals_at_entry: ArrayLike | None = None,
        time_unit_days: float = 1.0,
    ) -> Self:
        """Contracts from anything array-like, checked.

        Raises:
            InvalidContractsError: lengths differ, or a row breaks 0 ≤ renewals_at_entry ≤ renewals or weight ≥ 0.
        """
        made = np.atleast_1d(np.asarray(renewals)).astype(np.int64)
        entry = np.zeros(len(made)) if renewals_at_entry is None else np.atleast_1d(np.asarray(renewals_at_entry))
        contracts = cls(
            renewals=made,
            ended=np.atleast_1d(np.asarray(ended)).astype(np.bool_),
            weight=np.ones(len(made)) if weight is None else np.atleast_1d(np.asarray(weight, dtype=np.float64)),
            renewals_at_entry=entry.astype(np.int64),
            time_unit_days=float(time_unit_days),
        )
        contracts._check()
        return contracts

    @classmethod
    def of_survivors(cls, survivors: ArrayLike, *, time_unit_days: float = 1.0) -> Self:
        """One cohort from its retention curve: how many were customers in period 0, 1, 2 …, as papers print it."""
        curve = np.asarray(survivors, dtype=np.float64)
        lost = -np.diff(curve)
        last = len(curve) - 1
        return cls.of(
            renewals=np.append(np.arange(last), last),
            ended=np.append(np.ones(last, dtype=np.bool_), False),
            weight=np.append(lost, curve[-1]),
            time_unit_days=time_unit_days,
        )

    def __len__(self) -> int:
        return len(self.renewals)

    @property
    def customers(self) -> float:
        """How many customers the rows stand for."""
        return float(self.weight.sum())

    def distinct(self) -> tuple["Contracts", Integers]:
        """Equal contracts once, their weights added; and for each row the place of its contract among them."""
        first, inverse = first_of_each([self.renewals, self.ended, self.renewals_at_entry])
        weight = np.bincount(inverse, weights=self.weight, minlength=len(first)).astype(np.float64)
        return self._at(first, weight), inverse

    def at(self, places: Integers) -> "Contracts":
        """The rows at `places`, in that order."""
        return self._at(places, self.weight[places])

    def where(self, members: Booleans) -> "Contracts":
        """The rows for which `members` (n,) is true."""
        return self.at(np.flatnonzero(members))

    def life_table(self) -> LifeTable:
        """Who faced each opportunity and who ended there; left-truncated rows count from their entry on."""
        faced = self.renewals + self.ended  # opportunities with a known answer
        length = int(faced.max(initial=0))
        came = np.bincount(self.renewals_at_entry, weights=self.weight, minlength=length + 1)
        left = np.bincount(faced, weights=self.weight, minlength=length + 1)
        at_risk = np.cumsum(came[:length]) - np.cumsum(left[:length])
        lost = np.bincount(self.renewals[self.ended], weights=self.weight[self.ended], minlength=length)[
            :length
        ].astype(np.float64)
        return LifeTable(at_risk.astype(np.float64), lost)

    def _at(self, place: Integers, weight: Floats) -> "Contracts":
        return Contracts(
            self.renewals[place], self.ended[place], weight, self.renewals_at_entry[place], self.time_unit_days
        )

    def _check(self) -> None:
        columns = (self.ended, self.weight, self.renewals_at_entry)
        if any(len(column) != len(self) for column in columns):
            raise InvalidContractsError("The columns of the contracts differ in length; pass one value a row.")
        sound = (
            (self.renewals >= self.renewals_at_entry)
            & (self.renewals_at_entry >= 0)
            & np.isfinite(self.weight)
            & (self.weight >= 0)
        )
        if not sound.all():
            rows = ", ".join(str(row) for row in np.flatnonzero(~sound)[:3])
            raise InvalidContractsError(
                f"{int((~sound).sum())} contracts cannot be (the first: rows {rows}): renewals must be at least those "
                "made at the entry, which must be at least 0, as must the weight.",
            )
