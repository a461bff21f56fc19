"""What a plan keeps of one customer beside its line: what serving them leaves, what to know before giving them up."""

import json
import re
from dataclasses import dataclass
from typing import Any

from keepers.warehouse.store import Store

_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something to try, and what it is expected to add after its cost [money]."""

    action: str
    gain: float


@dataclass(frozen=True, slots=True)
class LineKept:
    """A line of a plan as the workspace has it.

    net: residual value less what serving costs, with the 5 % and 95 % points of the outcome [money]
    chance_above_cost: that the margin to come exceeds what serving costs; None where nobody said what serving costs
    current_profit: margin a year so far, less what a year of serving costs [money a year]
    guards: why they are not to be let go, a sentence each
    remedies: what to try before giving up, the best first
    """

    net: tuple[float, float, float] | None
    chance_above_cost: float | None
    current_profit: float | None
    guards: tuple[str, ...]
    remedies: tuple[Remedy, ...]


def line_kept(store: Store, plan_id: str, customer_id: str) -> LineKept | None:
    """What the plan keeps of the customer; None where it knows none of that name."""
    rows: list[dict[str, Any]] = store.query("record_plan_line", plan_id=plan_id, customer_id=customer_id).to_pylist()
    if not rows:
        return None
    row = rows[0]
    net = tuple(row[name] for name in ("net_value", "net_value_low", "net_value_high"))
    return LineKept(
        net=None if None in net else net,
        chance_above_cost=row["chance_above_cost"],
        current_profit=row["current_profit"],
        guards=tuple(_SENTENCE.split(row["guards"])) if row["guards"] else (),
        remedies=tuple(Remedy(each["remedy"], each["expected_gain"]) for each in json.loads(row["remedies"] or "[]")),
    )
