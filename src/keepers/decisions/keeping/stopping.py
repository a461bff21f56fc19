"""Whose catalogs to stop: customers by what their mailings bring, and the line below which these cost more.

What the mailings of a year bring a customer is the margin of the orders that come of them within it, from the joint
draws; whoever they bring less than they cost stands below the break-even line. Cutting there saves what their mailings
cost and loses that margin, whose interval is that of the sum: not of one customer. One-time buyers of something big,
frequent buyers of small things, and rare but faithful ones stand where their own future puts them, not where a rule
would. Cutting higher or lower is a `cut`, of which some are kept: each stops the mailings of all who bring less than so
much.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from keepers.clv.predicting.ranges import ends_of
from keepers.decisions.gains import Block, Valuing
from keepers.decisions.terms.effects import Floats, Integers

CUTS = 100
_STEPS, _DECADES = 4_000, 6.0  # marks of what mailings bring, evenly spaced in logs, so far below and above their cost
FIGURES = ("margin_lost", "margin_lost_low", "margin_lost_high")


@dataclass(frozen=True, slots=True, eq=False)
class Cuts:
    """What stopping all who bring less than so much saves and loses, (cuts,) each, the lowest first.

    below: what the mailings of those stopped bring less than [money a year]
    stopped: customers
    saved: [money a year]
    lost, low, high: margin, from joint draws [money a year]
    pays: place of the break-even line, where mailings bring what they cost
    """

    below: Floats
    stopped: Integers
    saved: Floats
    lost: Floats
    low: Floats
    high: Floats
    pays: int

    def as_json(self) -> list[dict[str, Any]]:
        """A row a cut."""
        return [
            {
                "below": float(self.below[row]),
                "stopped": int(self.stopped[row]),
                "saved": float(self.saved[row]),
                "margin_lost": _interval(self.lost[row], self.low[row], self.high[row]),
                "break_even": row == self.pays,
            }
            for row in range(len(self.below))
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Stopping:
    """The customers from the one whose mailings bring most to the one whose bring least.

    table: a row a customer: rank, cost of the mailings, the margin they bring with its interval, and whether to stop
    figures: `FIGURES` of each customer in the order of the base, (n,) each [money a year]
    mailings: how many a year it is about
    cost: of the mailings of one customer [money a year]
    """

    table: pa.Table
    figures: dict[str, Floats]
    mailings: int
    cost: float
    cuts: Cuts

    def as_json(self) -> dict[str, Any]:
        """Money saved against margin lost, at the break-even line and at other cuts."""
        cuts = self.cuts.as_json()
        at_line = {name: cuts[self.cuts.pays][name] for name in ("stopped", "saved", "margin_lost")}
        return {"mailings": self.mailings, "cost": self.cost} | at_line | {"cuts": cuts}


class MailingsSeen:
    """What the mailings of today bring, or the most that may be sent where none are sent, block by block."""

    def __init__(self, valuing: Valuing) -> None:
        standing, terms = valuing.standing, valuing.terms
        self._valuing = valuing
        self._mailings = terms.now_mailings or max(terms.mailing.choices)
        self._cost = self._mailings * terms.mailing.cost
        self._figures = {name: np.empty(standing.size) for name in FIGURES}
        scale = self._cost or 1.0
        marks = scale * np.logspace(-_DECADES / 2, _DECADES / 2, _STEPS + 1)  # the one in the middle is the cost
        self._marks = np.concatenate([[0.0], marks])
        self._line = 1 + _STEPS // 2 if self._cost else 0
        self._counts = np.zeros(len(self._marks) + 1, dtype=np.int64)
        self._sums = np.zeros((standing.draws, len(self._counts)))

    def look_at(self, block: Block) -> None:
        """Take a block's customers in."""
        brought = self._valuing.brought_by_mailings(block, self._mailings)
        mean = brought.mean(axis=0)
        ends = (mean, *ends_of(brought))
        for values, found in zip(self._figures.values(), ends, strict=True):
            values[block.rows] = found
        place = np.searchsorted(self._marks, mean, side="right")
        self._counts += np.bincount(place, minlength=len(self._counts))
        ones = (np.ones(len(place)), (np.arange(len(place)), place))
        self._sums += brought @ csr_array(ones, shape=(len(place), len(self._counts)))

    def ranked(self) -> Stopping:
        """All customers by what their mailings bring, once every block was looked at."""
        standing, brought = self._valuing.standing, self._figures["margin_lost"]
        order = np.argsort(-brought, kind="stable")
        columns = {
            "customer_id": standing.table["customer_id"].take(pa.array(order)),
            "rank": np.arange(1, standing.size + 1),
            "cost": np.full(standing.size, self._cost),
            **{name: values[order] for name, values in self._figures.items()},
            "stop": (brought < self._marks[self._line])[order],
            "reason": standing.table["reason"].take(pa.array(order)),
        }
        return Stopping(pa.table(columns), self._figures, self._mailings, self._cost, self._cuts())

    def _cuts(self) -> Cuts:
        """Those whose customers are nearest to each hundredth of all, and the break-even line."""
        stopped = np.cumsum(self._counts)[:-1]  # below each mark
        wanted = np.searchsorted(stopped, np.arange(1, CUTS) / CUTS * self._counts.sum())
        places = np.unique(np.append(wanted[wanted < len(self._marks)], self._line))
        sums = np.cumsum(self._sums, axis=1)[:, places]
        low, high = ends_of(sums)
        return Cuts(
            below=self._marks[places],
            stopped=stopped[places],
            saved=self._cost * stopped[places],
            lost=sums.mean(axis=0),
            low=low,
            high=high,
            pays=int(np.searchsorted(places, self._line)),
        )


def _interval(mean: float, low: float, high: float) -> dict[str, float]:
    return {"mean": float(mean), "low": float(low), "high": float(high)}
