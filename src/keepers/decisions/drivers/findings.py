"""What a study of a market found, as tables and in sentences."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as pa

from keepers.clv.predicting.ranges import ends_of
from keepers.core.money import money, money_range
from keepers.core.percent import percent
from keepers.decisions.drivers.market import Market
from keepers.decisions.drivers.survey import EQUITIES
from keepers.decisions.terms.effects import Floats

NOT_CAUSE = (
    "Ratings and choices were asked at one time: a driver that goes with choices need not be what makes them. Where it "
    "can be tried on some customers first, try it."
)


def importance(market: Market) -> pa.Table:
    """A row a driver: what one standard deviation of its rating adds to utility, and how sure that is."""
    drawn = market.coefficients[:, 1:]
    low, high = ends_of(drawn)
    order = np.argsort(-drawn.mean(axis=0), kind="stable")
    drivers = market.survey.drivers
    return pa.table(
        {
            "driver": [drivers[k].name for k in order],
            "driver_kind": [drivers[k].equity for k in order],
            "importance": drawn.mean(axis=0)[order],
            "importance_low": low[order],
            "importance_high": high[order],
            "chance_positive": (drawn > 0).mean(axis=0)[order],
        }
    )


def kinds(market: Market) -> pa.Table:
    """A row a kind of driver: its share of what moves choices, and how much of our equity hangs on it."""
    told, hangs = market.moves, market.hangs[:, market.own, :]
    return pa.table(
        {
            "driver_kind": list(EQUITIES),
            **_with_ends("moves", told),
            **_with_ends("hangs", hangs),
        }
    )


def brands(market: Market) -> pa.Table:
    """A row a brand: customer equity, its share of all, and how much of it hangs on each kind of driver."""
    equity = _with_ends("equity", market.equity)
    hangs = {f"hangs_on_{kind}": market.hangs[..., g].mean(axis=0) for g, kind in enumerate(EQUITIES)}
    shares = _with_ends("equity_share", market.shares)
    return pa.table({"brand": list(market.survey.brands), **equity, **shares, **hangs})


def switches(market: Market) -> pa.Table:
    """A row a segment, brand bought last and brand bought next: the chance, its interval."""
    rows = [
        {
            "segment": each.segment, "from_brand": start, "to_brand": end,
            "switch_chance": _number(each.mean[a, j]), "switch_low": _number(each.low[a, j]),
            "switch_high": _number(each.high[a, j]),
        }
        for each in market.switching
        for a, start in enumerate(market.survey.brands)
        for j, end in enumerate(market.survey.brands)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def improvements(market: Market) -> pa.Table:
    """A row a driver: what a step adds to our equity and, where its cost is known, what it returns; the best first.

    Those with a cost come first, by the return; the others by what they add.
    """
    gains, returns = market.gains, market.returns
    mean = gains.mean(axis=0)
    costed = market.costs > 0
    ranked = np.where(costed, returns.mean(axis=0), mean)
    order = np.lexsort((-ranked, ~costed))
    pays = np.where(np.isnan(market.costs), np.nan, (gains > market.costs).mean(axis=0))
    columns = {
        "raised": market.raised,
        **_with_ends("added_equity", gains),
        "step_cost": market.costs,
        **_with_ends("roi", returns),
        "chance_pays": pays,
    }
    drivers = market.survey.drivers
    named = {"driver": [drivers[k].name for k in order], "driver_kind": [drivers[k].equity for k in order]}
    return pa.table(named | {name: _nullable(np.asarray(values)[order]) for name, values in columns.items()})


def lifetimes(market: Market) -> pa.Table:
    """A row a respondent and brand: the lifetime value, the mean over the draws."""
    survey = market.survey
    size, count = market.values.shape
    return pa.table(
        {
            "respondent": np.repeat(survey.respondents, count),
            "segment": np.repeat(survey.segments, count),
            "brand": np.tile(np.array(survey.brands), size),
            "lifetime_value": market.values.ravel(),
        }
    )


def sentence(market: Market, currency: str | None) -> str:
    """What our equity is and what it hangs on most."""
    own, shares = market.equity[:, market.own], market.shares[:, market.own]
    worth, held = (ends_of(each) for each in (own, shares))
    kind = EQUITIES[int(np.nanargmax(market.moves.mean(axis=0)))]
    head = "" if market.is_sized else " per person in the market"
    return (
        f"{market.survey.brands[market.own]} is worth {money(float(own.mean()), currency)}{head} "
        f"({money_range(*map(float, worth))}), {percent(float(shares.mean()))} of all brands' customer equity "
        f"({percent(float(held[0]))} to {percent(float(held[1]))}); choices move most with {kind} drivers."
    )


def advice(market: Market, currency: str | None) -> str:
    """Which improvement to look at first."""
    best = improvements(market).slice(0, 1).to_pylist()[0]
    head = "" if market.is_sized else " per person in the market"
    adds = (
        f"Raising {best['driver']} by {best['raised']:.2g} points adds {money(best['added_equity'], currency)}{head} "
        f"({money_range(best['added_equity_low'], best['added_equity_high'])})"
    )
    if best["chance_pays"] is None:
        return f"{adds}, the most of all drivers; give what a step costs to see what it returns."
    if best["roi"] is None:
        return f"{adds} at no cost."
    return (
        f"{adds} at a cost of {money(best['step_cost'], currency)}: a return of {percent(best['roi'])} "
        f"({percent(best['roi_low'])} to {percent(best['roi_high'])}); it pays in "
        f"{percent(best['chance_pays'])} of all draws."
    )


def trust(market: Market) -> str:
    """How far to believe it: how well people who were left out were foretold."""
    choice = market.choice
    told = (
        f"Of people left out of the fit, the brand they would buy next was given a chance of "
        f"{percent(np.exp(choice.held_out))} (geometric mean); {percent(np.exp(choice.blind))} by brand and last "
        f"purchase alone, {percent(np.exp(choice.even))} by guessing."
    )
    if choice.held_out <= choice.blind:
        told += " The ratings foretell no better than brand and last purchase: do not act on the drivers."
    return told if choice.converged else f"{told} The search for the coefficients did not end; do not trust them."


def as_json(market: Market) -> dict[str, Any]:
    """Everything but the respondents' own values."""
    choice = market.choice
    return {
        "brand": market.survey.brands[market.own],
        "population": float(market.people.mean()) if market.is_sized else None,
        "inertia": _told(market.coefficients[:, 0]),
        "ridge": choice.spread,
        "held_out_score": choice.held_out,
        "blind_score": choice.blind,
        "even_score": choice.even,
        "converged": choice.converged,
        "importance": _rows(importance(market)),
        "driver_kinds": _rows(kinds(market)),
        "brands": _rows(brands(market)),
        "switching": _rows(switches(market)),
        "improvements": _rows(improvements(market)),
    }


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    return [{name: _number(value) for name, value in row.items()} for row in table.to_pylist()]


def _number(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


def _told(draws: Floats) -> dict[str, float]:
    low, high = ends_of(draws)
    return {"mean": float(draws.mean()), "low": float(low), "high": float(high)}


def _with_ends(name: str, draws: Floats) -> dict[str, Floats]:
    low, high = ends_of(draws)
    return {name: draws.mean(axis=0), f"{name}_low": low, f"{name}_high": high}


def _nullable(values: Sequence[Any] | Floats) -> pa.Array:
    return pa.array(values, from_pandas=True)
