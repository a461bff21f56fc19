"""Prospects by what they would be worth once won: a row each, the most promising first, with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, nan

import numpy as np
import pyarrow as pa
from scipy.stats import rankdata

from keepers.decisions.acquisition.lookalikes import SURE, LookAlikes, expected_of, strongest_of

SCORES = ("lifetime_value", "lifetime_value_low", "lifetime_value_high", "times_usual", "rank", "reason")
NEARLY_USUAL = 0.03  # as much of a factor moves nobody's reason
WIDEST = 700.0  # of a logarithm that a float can undo


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a new customer of whom nothing is known is worth: the mean with its 90 % interval [money]."""

    mean: float
    low: float
    high: float

    @property
    def wide(self) -> tuple[float, float]:
        """How far the ends lie from the mean, in logarithms; of an interval that reaches below zero, by its width."""
        if self.low == self.high:
            return 0.0, 0.0
        if 0 < self.low <= self.mean <= self.high:
            return log(self.mean / self.low), log(self.high / self.mean)
        half = (self.high - self.low) / (2 * abs(self.mean)) if self.mean else nan
        return half, half


def scored(learned: LookAlikes, people: pa.Table, newcomer: Newcomer | None) -> pa.Table:
    """The people with what each would be worth, the most first.

    `lifetime_value` is the mean of people like these, not what one of them will bring; its ends are 90 % of where that
    mean may lie. Where the attributes tell nothing, everybody is worth what a new customer is, within its range, and
    nobody has a rank.

    Args:
        learned: from the customers who were acquired.
        people: a row each, with whatever columns; those of the attributes' names are read.
        newcomer: what a new customer is worth; None: only `times_usual` is told.
    """
    expected = expected_of(learned, people)
    worth = newcomer or Newcomer(nan, nan, nan)
    own = SURE * expected.error if learned.judged.tells else np.zeros(people.num_rows)
    below, above = (np.exp(np.minimum(np.hypot(own, end), WIDEST)) for end in worth.wide)
    value = worth.mean * expected.relative
    low, high = np.minimum(value / below, value * above), np.maximum(value / below, value * above)
    order = np.argsort(-expected.relative, kind="stable")
    rank = rankdata(-np.round(expected.relative, 9), method="min").astype(np.int64)
    columns = {
        "lifetime_value": pa.array(value, mask=np.isnan(value)),
        "lifetime_value_low": pa.array(low, mask=np.isnan(low)),
        "lifetime_value_high": pa.array(high, mask=np.isnan(high)),
        "times_usual": pa.array(expected.relative),
        "rank": pa.array(rank, mask=np.full(order.size, not learned.judged.tells)),
        "reason": pa.array(_reasons(learned, people)),
    }
    told = people.drop_columns([name for name in people.column_names if name in SCORES])
    for name, cells in columns.items():
        told = told.append_column(name, cells)
    return told.take(pa.array(order)) if learned.judged.tells else told


def _reasons(learned: LookAlikes, people: pa.Table) -> list[str]:
    if not learned.judged.tells:
        return ["what is known of them does not tell customers apart"] * people.num_rows
    return [_reason(each) for each in strongest_of(learned, people)]


def _reason(strongest: Sequence[tuple[str, str, float]]) -> str:
    told = [
        f"{name} {level}: {factor:.2g} times the usual worth"
        for name, level, factor in strongest
        if abs(log(factor)) > NEARLY_USUAL
    ]
    return "; ".join(told) or "nothing known of them moves it"
