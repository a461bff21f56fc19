"""The steps of a plan: the customers for whom it says the same, with the joint draws of what they add together."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.clv.predicting.ranges import ends_of
from keepers.decisions.lines import Proposal
from keepers.decisions.terms.effects import ASSUMED, Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Which step each customer is of.

    place: (n,) of the step
    words: decision and action of each step
    """

    place: Integers
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """What each step spends and adds, (steps,) each, in the order of `words`.

    gains: (draws, steps) joint draws of what they add after their cost [money]
    on_evidence: the part of the expected gain that rests on more than assumptions [money]
    """

    words: tuple[tuple[str, str], ...]
    customers: Integers
    cost: Floats
    hours: Floats
    gain: Floats
    on_evidence: Floats
    gains: Floats

    def as_json(self) -> list[dict[str, Any]]:
        """A row a step, the one that adds most first."""
        return [self._row(step) for step in np.argsort(-self.gain, kind="stable")]

    def draws_as_json(self) -> list[list[float]]:
        """Row by row as in `as_json`: the joint draws, from which any of the steps together have their interval."""
        return [self.gains[:, step].round(2).tolist() for step in np.argsort(-self.gain, kind="stable")]

    def _row(self, step: int) -> dict[str, Any]:
        decision, action = self.words[step]
        low, high = ends_of(self.gains[:, step])
        return {
            "decision": decision,
            "action": action,
            "customers": int(self.customers[step]),
            "cost": float(self.cost[step]),
            "staff_hours": float(self.hours[step]),
            "expected_gain": {"mean": float(self.gain[step]), "low": float(low), "high": float(high)},
            "gain_on_evidence": float(self.on_evidence[step]),
        }


def grouping_of(proposal: Proposal) -> Grouping:
    """The customers by decision and action."""
    parts = [_encoded(words) for words in (proposal.decision, proposal.action)]
    codes = [part.indices.to_numpy(zero_copy_only=False).astype(np.int64) for part in parts]
    decisions, actions = (part.dictionary.to_pylist() for part in parts)
    pairs, place = np.unique(codes[0] * len(actions) + codes[1], return_inverse=True)
    words = tuple((decisions[pair // len(actions)], actions[pair % len(actions)]) for pair in pairs.tolist())
    return Grouping(place, words)


def steps_of(grouping: Grouping, table: pa.Table, gains: Floats) -> Steps:
    """The steps of a plan's lines, with their joint draws (draws, steps)."""
    known = pc.not_equal(table["evidence"], ASSUMED).to_numpy(zero_copy_only=False)
    columns: dict[str, Floats] = {name: table[name].to_numpy() for name in ("cost", "staff_hours", "expected_gain")}
    columns["on_evidence"] = np.where(known, columns["expected_gain"], 0.0)
    sums: dict[str, Floats] = {
        name: np.bincount(grouping.place, weights=values).astype(np.float64) for name, values in columns.items()
    }
    return Steps(
        words=grouping.words,
        customers=np.bincount(grouping.place),
        cost=sums["cost"],
        hours=sums["staff_hours"],
        gain=sums["expected_gain"],
        on_evidence=sums["on_evidence"],
        gains=gains,
    )


def _encoded(words: NDArray[np.str_]) -> pa.DictionaryArray:
    """The words as numbers; Arrow takes very many in pieces, each of which would number its own."""
    told = pa.array(words)
    return (told.combine_chunks() if isinstance(told, pa.ChunkedArray) else told).dictionary_encode()
