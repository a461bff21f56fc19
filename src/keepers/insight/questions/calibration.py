"""Calibration: predicted against actual by tenth of the customers, with the simple rules beside."""

from datetime import date
from typing import Any

import pyarrow as pa

from keepers.core.told import Told
from keepers.insight import wording
from keepers.insight.answers import Answer, Insight, MissingForInsightError, Needs, Scope
from keepers.insight.drawings.pictures import BarsAgainst
from keepers.insight.questions.trust import RULES
from keepers.insight.runs import Run, run_in
from keepers.warehouse.store import Store

OURS = "this forecast"
DRAWN_RULE = "carried_forward"
COLUMNS = {"rfm": "rfm_orders", "carried_forward": "carried_forward_orders", "boosting": "boosting_orders"}
MONEY_COLUMNS = {"rfm": "rfm_value", "carried_forward": "carried_forward_value", "boosting": "boosting_value"}


def answer(store: Store, scope: Scope) -> Answer:
    """Did each tenth of the customers bring what was forecast of it, and what would the simple rules have said?

    Tenths are by what was forecast, so that the first one holds those whom the forecast called best.

    Raises:
        MissingForInsightError: the run has no backtest, or one of an older version without tenths.
    """
    run = run_in(store, scope)
    tenths = run.backtest.get("tenths")
    if not tenths:
        raise MissingForInsightError(
            "The run holds no forecast of the past by tenth: the history is too short, or the run was told not to "
            "look back. Run `keepers run --again` without --holdout none.",
        )
    rows = [_row(tenth) for tenth in tenths]
    in_money = tenths[0]["value"] is not None
    actual, ours, rule = (
        ("actual_value", "mean_value", MONEY_COLUMNS[DRAWN_RULE])
        if in_money
        else ("actual_orders", "mean_orders", COLUMNS[DRAWN_RULE])
    )
    begins, ends = (wording.day(date.fromisoformat(run.backtest[day])) for day in ("calibration_end", "holdout_end"))
    return Answer(
        finding=_finding(rows, tenths, run),
        definition=Told.of(
            "Forecast with what was known on %(begins)s, against what came to %(ends)s, by tenth of the customers, "
            "the best forecast first. Value: margin, not discounted.",
            begins=begins,
            ends=ends,
        ),
        rows=pa.Table.from_pylist(rows),
        picture=BarsAgainst(
            "tenth",
            actual,
            ((ours, OURS), (rule, RULES[DRAWN_RULE])),
            "Tenths by forecast, the best first",
            "what came",
        ),
        currency=run.currency,
    )


def _row(tenth: dict[str, Any]) -> dict[str, Any]:
    orders, value = tenth["orders"], tenth["value"]
    row = {
        "tenth": tenth["tenth"],
        "customers": tenth["customers"],
        "actual_orders": orders["actual"],
        "mean_orders": orders["mean"],
    }
    if value is not None:
        row |= {"actual_value": value["actual"], "mean_value": value["mean"]}
    row |= {COLUMNS[rule]: told for rule, told in orders["rules"].items()}
    return row if value is None else row | {MONEY_COLUMNS[rule]: told for rule, told in value["rules"].items()}


def _finding(rows: list[dict[str, Any]], tenths: list[dict[str, Any]], run: Run) -> str:
    first = rows[0]
    if "actual_value" in first:
        said, came = (wording.money(first[name], run.currency) for name in ("mean_value", "actual_value"))
    else:
        said, came = wording.plural(round(first["mean_orders"]), "order"), wording.count(first["actual_orders"])
    kind = "orders" if tenths[0]["value"] is None else "value"
    ours = _missed(tenths, kind, None)
    rules = {rule: _missed(tenths, kind, rule) for rule in tenths[0][kind]["rules"]}
    best = min(rules, key=lambda rule: rules[rule])
    orders = 1 if "actual_value" in first else 2
    came = Told.of(
        "Of the best tenth %(said)s was forecast and %(came)s came",
        "Of the best tenth %(said)s were forecast and %(came)s came",
        orders,
        said=said,
        came=came,
    )
    return Told.of(
        "%(came)s; over the tenths it was off by %(ours)s, the best simple rule (%(rule)s) by %(other)s."
        if ours <= rules[best]
        else "%(came)s; over the tenths it was off by %(ours)s, a simple rule (%(rule)s) by %(other)s.",
        came=came,
        ours=wording.share(ours),
        rule=Told.of(RULES[best]),
        other=wording.share(rules[best]),
    )


def _missed(tenths: list[dict[str, Any]], kind: str, rule: str | None) -> float:
    """Sum of the tenths' misses, whichever way, as a share of what came."""
    told = [tenth[kind]["mean"] if rule is None else tenth[kind]["rules"][rule] for tenth in tenths]
    came = [tenth[kind]["actual"] for tenth in tenths]
    missed = sum(abs(one - other) for one, other in zip(told, came, strict=True))
    return missed / sum(came) if sum(came) > 0 else float("nan")


INSIGHT = Insight("calibration", "Did each tenth of the customers bring what was forecast?", answer, Needs.BACKTEST)
