"""A study of a market as answers: findings, tables and pictures like those of every insight."""

import pyarrow as pa

from keepers.decisions.drivers import findings
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Bars
from keepers.loop.market.drivers import Studied

EQUITY, IMPORTANCE, IMPROVEMENTS = ANSWERS = ("equity", "importance", "improvements")


def answers_about(studied: Studied, currency: str | None) -> dict[str, Answer]:
    """By name: what brands are worth, why people choose, and what a step on each driver adds."""
    market = studied.market
    size = "" if market.is_sized else " Money is per person in the market, whose size nobody told."
    brands, drivers = findings.brands(market), findings.importance(market)
    steps = findings.improvements(market)
    first = drivers.slice(0, 1).to_pylist()[0]
    return {
        EQUITY: Answer(
            finding=findings.sentence(market, currency),
            definition="Customer equity: discounted margin of everybody's purchases of the brand within the years that "
            "the study looks ahead. On value, brand and relationship: how much less it would be, were its ratings of "
            f"that kind no better than the others'.{size}",
            rows=brands,
            picture=_bars("brand", "equity"),
            currency=currency,
        ),
        IMPORTANCE: Answer(
            finding=f"{first['driver'].capitalize()} counts most: {first['importance']:.2f} "
            f"({first['importance_low']:.2f} to {first['importance_high']:.2f}).",
            definition="Importance: what a standard deviation of a rating adds to the utility by which people choose. "
            "A line that crosses zero may as well be nothing.",
            rows=drivers,
            picture=_bars("driver", "importance"),
        ),
        IMPROVEMENTS: Answer(
            finding=findings.advice(market, currency),
            definition="Adds: what our customer equity gains if everybody who considers us rates us higher by a step, "
            f"never above the scale's end. Return: gain less cost, by cost.{size}",
            rows=steps,
            drawn=steps.take(pa.array(_largest_first(steps))),
            picture=_bars("driver", "added_equity"),
            currency=currency,
        ),
    }


def _bars(of: str, length: str) -> Bars:
    return Bars(of, length, low=f"{length}_low", high=f"{length}_high")


def _largest_first(steps: pa.Table) -> list[int]:
    gains = steps["added_equity"].to_pylist()
    return sorted(range(len(gains)), key=lambda row: -gains[row])
