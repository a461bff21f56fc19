"""How far to trust a forecast: a letter with a rule that anyone can check.

One point for each of four questions about the backtest:

1. Did it find at least as many of the actual best tenth as each simple rule?
2. Were its forecasts of every customer's orders sharper (lower CRPS) than each rule that makes a forecast?
3. Did its 90 % intervals hold between 86 % and 94 % of the customers?
4. Did the total orders fall within its 90 % interval?

A: four points, B: three, C: two, D: one, E: none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keepers.core.told import Told, listed

LETTERS = "EDCBA"
HONEST_COVERAGE = (0.86, 0.94)


@dataclass(frozen=True, slots=True)
class Grade:
    """The letter and what it rests on."""

    letter: str
    finds_the_best: bool
    sharper_than_rules: bool
    intervals_honest: bool
    total_within: bool

    def sentence(self) -> str:
        """One sentence a manager understands."""
        good = [Told.of(words) for holds, (words, _) in zip(self._answers(), _WORDS, strict=True) if holds]
        bad = [Told.of(words) for holds, (_, words) in zip(self._answers(), _WORDS, strict=True) if not holds]
        if not good:
            return Told.of("Grade %(letter)s: In the backtest the forecast did not hold up.", letter=self.letter)
        words = "Grade %(letter)s: In the backtest the forecast %(good)s."
        if bad:
            words = "Grade %(letter)s: In the backtest the forecast %(good)s, but %(bad)s."
        return Told.of(words, letter=self.letter, good=listed(good), bad=listed(bad or good))

    def _answers(self) -> tuple[bool, bool, bool, bool]:
        return (self.finds_the_best, self.sharper_than_rules, self.intervals_honest, self.total_within)


_WORDS = (
    (
        "found at least as many of the later best customers as any simple rule",
        "a simple rule found more of the later best customers",
    ),
    ("was sharper than any simple rule for the single customer", "a simple rule was sharper for the single customer"),
    ("kept its ranges honest", "its ranges held too few or too many customers"),
    ("had the total of orders within its range", "the total of orders fell outside its range"),
)


def grade_of(
    *,
    found_top_tenth: float,
    crps: float,
    coverage_90: float,
    total: Mapping[str, float],
    rules: Mapping[str, Mapping[str, Any]],
) -> Grade:
    """Grade a backtest by the rule in this module's heading.

    Args:
        found_top_tenth: share of the actual best tenth found by the forecast's ranking [0-1].
        crps: mean CRPS of the customers' orders [occasions].
        coverage_90: share of customers inside their 90 % interval by PIT [0-1].
        total: `actual`, `low` and `high` of the base's orders [occasions].
        rules: each simple rule's `top_10_percent`, and `orders` with `crps` where it makes a forecast.
    """
    finds = all(found_top_tenth >= rule["top_10_percent"] for rule in rules.values())
    sharper = all(crps <= rule["orders"]["crps"] for rule in rules.values() if "orders" in rule)
    honest = HONEST_COVERAGE[0] <= coverage_90 <= HONEST_COVERAGE[1]
    within = total["low"] <= total["actual"] <= total["high"]
    letter = LETTERS[finds + sharper + honest + within]
    return Grade(letter, finds, sharper, honest, within)
