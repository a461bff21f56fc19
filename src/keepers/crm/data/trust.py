"""What a run says of its models and its backtest, as rows for a table."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RULES: Mapping[str, Promise] = {
    "past_spend": _("Rule: past spend"),
    "rfm": _("Rule: RFM cells"),
    "recency": _("Rule: last order"),
    "carried_forward": _("Rule: last period again"),
    "boosting": _("Rule: boosted trees"),
}


def models_of(diagnostics: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The fitted models of orders, then that of spend."""
    if diagnostics is None:
        return []
    segments = diagnostics.get("segments") or []
    named = [{"about": segment["segment"], **segment} for segment in segments]
    spend = diagnostics.get("spend")
    found = named + ([] if spend is None else [{"about": "spend", **spend}])
    return [model | {"params": list(model["params"].items())} for model in found]


def held_out(backtest: Mapping[str, Any] | None) -> tuple[date, date] | None:
    """The last day before the hold-out, and its own last day."""
    if not backtest:
        return None
    return date.fromisoformat(backtest["calibration_end"]), date.fromisoformat(backtest["holdout_end"])


def scores_of(backtest: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The forecast's scores and each simple rule's, the forecast first."""
    if not backtest:
        return []
    rules = [(RULES.get(name, name.replace("_", " ")), rule) for name, rule in backtest["rules"].items()]
    return [
        {
            "name": name,
            "found": scores["top_10_percent"],
            "held": scores["value_captured"]["top_10_percent"],
            "mae": scores.get("orders", {}).get("mae"),
            "crps": scores.get("orders", {}).get("crps"),
        }
        for name, scores in ((_("This forecast"), backtest), *rules)
    ]
