"""What approvals brought, as the runs measured it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _

from keepers.crm.approvals.models import Approval
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Band
from keepers.loop.experiments.running import LookKept, looks_at


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look says.

    orders, margin: mean, low and high of the gain per customer, before cost; None before the first interval
    net: the margin less what the action costs per customer
    """

    as_of: date
    gone: float
    verdict: str
    finding: str
    people: int
    people_held: int
    orders: Mapping[str, float] | None
    margin: Mapping[str, float] | None
    net: Mapping[str, float] | None
    cost: float | None
    balance: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Result:
    """An approval and all looks at it, the latest last; `answer` is how its chart is drawn, from two looks on."""

    approval: Approval
    looks: Sequence[LookKept]
    readings: Sequence[Reading]
    answer: Answer | None

    @property
    def last(self) -> Reading | None:
        """The latest."""
        return self.readings[-1] if self.readings else None

    @property
    def verdict(self) -> str:
        """What is known now, in a sentence."""
        if self.last is not None:
            return self.last.verdict
        if not self.approval.held_share:
            return _("Nobody was held out, so nobody can say what it brings.")
        if self.approval.made_at is None:
            return _("It is not carried out yet.")
        return _("No run has looked at it yet: bring the orders since, then value the base.")


def results(approvals: Sequence[Approval]) -> list[Result]:
    """Those of several approvals, read at once."""
    looks = looks_kept([each.experiment for each in approvals])
    return [_result(each, looks[each.experiment]) for each in approvals]


def looks_kept(experiments: Sequence[str]) -> Mapping[str, Sequence[LookKept]]:
    """All looks at these experiments, read at once; none where nobody looked."""
    workspace = settings.WORKSPACE
    if not experiments or not workspace.exists:
        return {name: [] for name in experiments}
    with workspace.opened() as store:
        return looks_at(store, experiments)


def result_of(approval: Approval) -> Result:
    """That of one."""
    return results([approval])[0]


def _result(approval: Approval, looks: Sequence[LookKept]) -> Result:
    readings = readings_of(looks)
    return Result(approval, looks, readings, _answer(approval, readings))


def readings_of(looks: Sequence[LookKept]) -> list[Reading]:
    """What looks say, in their order."""
    return [_reading(look) for look in looks]


def _reading(look: LookKept) -> Reading:
    arm = look.told["arms"][0]
    margin = _interval(arm["margin"])
    cost = arm["cost"]
    return Reading(
        as_of=look.as_of,
        gone=look.gone,
        verdict=arm["verdict"],
        finding=arm["finding"],
        people=arm["people"],
        people_held=arm["people_held"],
        orders=_interval(arm["orders"]),
        margin=margin,
        net=None if margin is None else {name: value - (cost or 0.0) for name, value in margin.items()},
        cost=cost,
        balance=look.told["balance"],
    )


def _interval(told: Mapping[str, Any] | None) -> dict[str, float] | None:
    if told is None or told["low"] is None:
        return None
    return {name: told[name] for name in ("mean", "low", "high")}


def _answer(approval: Approval, readings: Sequence[Reading]) -> Answer | None:
    rows = [
        {
            "day": each.as_of,
            "mean_value": each.net["mean"],
            "value_low": each.net["low"],
            "value_high": each.net["high"],
        }
        for each in readings
        if each.net is not None
    ]
    if len(rows) < 2:
        return None
    picture = Band(
        "day",
        "value_low",
        "value_high",
        _("range"),
        solid=("mean_value", _("gain a customer")),
        y_words=_("Gain a customer"),
    )
    definition = _("Gain a customer after cost, as each run knew it. The ranges stay right however often you look.")
    return Answer(readings[-1].verdict, definition, pa.Table.from_pylist(rows), picture, approval.currency or None)
