"""Tracking: orders week by week, what came against what was expected, with the range of the forecast."""

from datetime import date
from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Needs, Scope
from keepers.insight.drawings.pictures import Band
from keepers.insight.runs import run_in
from keepers.warehouse.store import Store


def answer(store: Store, scope: Scope) -> Answer:
    """Did the orders of each week come as expected?

    All orders are those of the customers known at the end of the calibration. Up to that day, expected are the first
    orders that came and the repeat orders that the fitted model expects; after it, the forecast with its range, made
    without knowing what followed. The forecast knows no season.

    Raises:
        MissingForInsightError: the run has no backtest, or one of an older version without weeks.
    """
    run = run_in(store, scope)
    weeks = run.backtest.get("weeks")
    forecast = [week for week in weeks or () if week["low"] is not None]
    if not weeks or not forecast:
        raise MissingForInsightError(
            "The run holds no forecast of the past by week: the history is too short, or the run was told not to look "
            "back. Run `keepers run --again` without --holdout none.",
        )
    rows = pa.Table.from_pylist([_row(week) for week in weeks])
    ends = date.fromisoformat(run.backtest["calibration_end"])
    return Answer(
        finding=_finding(forecast),
        definition=Told.of(
            "Orders of the customers known on %(day)s. Before it, expected is how the model fits; after it, the "
            "forecast made that day, with the range for nine weeks in ten.",
            day=wording.day(ends),
        ),
        rows=rows,
        shown=rows.slice(rows.num_rows - len(forecast)).drop_columns(["period"]),
        picture=Band(
            "period",
            "orders_low",
            "orders_high",
            "range of the forecast",
            solid=("actual_orders", "came"),
            dashed=("mean_orders", "expected"),
            y_words="Orders a week",
        ),
        currency=run.currency,
        left_out="The weeks of the forecast are shown",
    )


def _row(week: dict[str, Any]) -> dict[str, Any]:
    begins = date.fromisoformat(week["begins"])
    return {
        "period": begins,
        "span": wording.period(begins, "week"),
        "actual_orders": week["actual"],
        "mean_orders": week["mean"],
        "orders_low": week["low"],
        "orders_high": week["high"],
    }


def _finding(weeks: list[dict[str, Any]]) -> str:
    held = sum(week["low"] <= week["actual"] <= week["high"] for week in weeks)
    came, expected = (sum(week[name] for week in weeks) for name in ("actual", "mean"))
    return Told.of(
        "%(held)s of %(weeks)s fell within the range; %(came)s orders came where %(expected)s were expected.",
        held=held,
        weeks=wording.plural(len(weeks), "week"),
        came=wording.count(came),
        expected=wording.count(expected),
    )


INSIGHT = Insight("tracking", "Did the orders come as expected, week by week?", answer, Needs.BACKTEST)
