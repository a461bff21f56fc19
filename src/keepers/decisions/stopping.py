"""Whose catalogs to stop: customers by what their mailings bring, and the line below which these cost more.

What the mailings of a year bring a customer is the margin of the orders that come of them within it, from the joint
draws; whoever they bring less than they cost stands below the break-even line. Cutting there saves what their mailings
cost and loses that margin, whose interval is that of the sum: not of one customer. One-time buyers of something big,
frequent buyers of small things, and rare but faithful ones stand where their own future puts them, not where a rule
would.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from keepers.decisions.effects import Floats
from keepers.decisions.gains import Block, Valuing

LOW, HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Stopping:
    """The customers from the one whose mailings bring most to the one whose bring least.

    table: a row a customer: rank, cost of the mailings, the margin they bring with its interval, and whether to stop
    mailings: how many a year it is about
    saved: cost of the mailings below the line [money a year]
    lost: joint draws of the margin lost with them (draws,) [money]
    """

    table: pa.Table
    mailings: int
    saved: float
    lost: Floats

    def as_json(self) -> dict[str, Any]:
        """Money saved against margin lost."""
        low, high = np.quantile(self.lost, [LOW, HIGH])
        return {
            "mailings": self.mailings,
            "stopped": int(self.table["stop"].to_numpy(zero_copy_only=False).sum()),
            "saved": self.saved,
            "margin_lost": {"mean": float(self.lost.mean()), "low": float(low), "high": float(high)},
        }


def whose_to_stop(valuing: Valuing, blocks: Iterable[Block]) -> Stopping:
    """Whose mailings to stop: those of today, or the most that may be sent where none are sent today."""
    standing, terms = valuing.standing, valuing.terms
    mailings = terms.now_mailings or max(terms.mailing.choices)
    cost = mailings * terms.mailing.cost
    figures = {name: np.empty(standing.size) for name in ("margin_lost", "margin_lost_low", "margin_lost_high")}
    lost = np.zeros(standing.draws)
    for block in blocks:
        brought = valuing.brought_by_mailings(block, mailings)
        mean = brought.mean(axis=0)
        ends = (mean, *np.quantile(brought, [LOW, HIGH], axis=0))
        for values, found in zip(figures.values(), ends, strict=True):
            values[block.rows] = found
        lost += brought[:, mean < cost].sum(axis=1)
    order = np.argsort(-figures["margin_lost"], kind="stable")
    stop = (figures["margin_lost"] < cost)[order]
    columns = {
        "customer_id": standing.table["customer_id"].take(pa.array(order)),
        "rank": np.arange(1, standing.size + 1),
        "cost": np.full(standing.size, cost),
        **{name: values[order] for name, values in figures.items()},
        "stop": stop,
        "reason": standing.table["reason"].take(pa.array(order)),
    }
    return Stopping(pa.table(columns), mailings, float(cost * stop.sum()), lost)
