"""Trust: how the forecast would have done on this history, beside the simple rules."""

from datetime import date
from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Needs, Scope
from keepers.insight.drawings.pictures import Bars
from keepers.insight.runs import Run, run_in
from keepers.warehouse.store import Store

FORECAST = "this forecast"
RULES = {
    "past_spend": "past spend",
    "rfm": "RFM cells",
    "recency": "last order",
    "carried_forward": "last period again",
    "boosting": "boosted trees",
}


def answer(store: Store, scope: Scope) -> Answer:
    """How well did the forecast find the later best customers, and how far off was it, beside each simple rule?

    Raises:
        MissingForInsightError: the run has no backtest.
    """
    run = run_in(store, scope)
    backtest = run.backtest
    if not backtest:
        raise MissingForInsightError(
            "The run has no backtest: the history is too short to hold a part of it out, or the run was told not to.",
        )
    scored = [(FORECAST, backtest), *((words, backtest["rules"].get(rule)) for rule, words in RULES.items())]
    rows = [_row(words, scores) for words, scores in scored if scores]
    rows.sort(key=lambda row: -row["top_10_percent"])
    begins, ends = (date.fromisoformat(backtest[day]) for day in ("calibration_end", "holdout_end"))
    return Answer(
        finding=_finding(rows, run),
        definition=Told.of(
            "Made with what was known on %(begins)s, held against what came to %(ends)s. Found: share of the later "
            "best tenth (fifth) of the customers that the ranking put there.",
            begins=wording.day(begins),
            ends=wording.day(ends),
        ),
        rows=pa.Table.from_pylist(rows),
        picture=Bars("forecast", "top_10_percent"),
        currency=run.currency,
        notes=(_coverage(backtest), _total(backtest)),
    )


def _row(words: str, scores: dict[str, Any]) -> dict[str, Any]:
    return {
        "forecast": words,
        "top_10_percent": scores["top_10_percent"],
        "top_20_percent": scores["top_20_percent"],
        "value_captured": scores["value_captured"]["top_10_percent"],
        "crps": scores.get("orders", {}).get("crps"),
    }


def _finding(rows: list[dict[str, Any]], run: Run) -> str:
    found = {row["forecast"]: row["top_10_percent"] for row in rows}
    ours = found.pop(FORECAST)
    best = max(found, key=lambda words: found[words])
    if wording.share(ours) == wording.share(found[best]):
        beside = Told.of("as much as the best simple rule, %(rule)s", rule=Told.of(best))
    elif ours > found[best]:
        beside = Told.of("more than any simple rule")
    else:
        beside = Told.of("%(rule)s %(share)s", rule=Told.of(best), share=wording.share(found[best]))
    told = {"share": wording.share(ours), "beside": beside}
    if not run.grade:
        return Told.of("The forecast found %(share)s of the later best tenth; %(beside)s.", **told)
    words = "Grade %(grade)s: the forecast found %(share)s of the later best tenth; %(beside)s."
    return Told.of(words, grade=run.grade, **told)


def _coverage(backtest: dict[str, Any]) -> str:
    held = wording.share(backtest["coverage"]["90"], decimals=1)
    return Told.of("The 90 %% intervals of the customers' orders held %(share)s of them.", share=held)


def _total(backtest: dict[str, Any]) -> str:
    total = backtest["total_orders"]
    mean, low, high, actual = (wording.count(total[name]) for name in ("mean", "low", "high", "actual"))
    words = "All orders of the base: forecast %(mean)s (%(low)s to %(high)s), happened %(actual)s."
    return Told.of(words, mean=mean, low=low, high=high, actual=actual)


INSIGHT = Insight("trust", "How far can the forecast be trusted?", answer, Needs.BACKTEST)
