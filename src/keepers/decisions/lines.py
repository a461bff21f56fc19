"""The lines of a plan: a decision a customer, what to do, what it adds, and why, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.decisions.keeping.growth import BREADTH, WALLET
from keepers.decisions.keeping.guards import sentences
from keepers.decisions.keeping.judging import Judgement
from keepers.decisions.keeping.stopping import FIGURES as LOST
from keepers.decisions.standing import Standing
from keepers.decisions.terms.doing import ASK, CHEAPER, GROW, KEEP, LET_GO, NO_CONTACT, SEND_OFFER, STOP, WIN_BACK
from keepers.decisions.terms.effects import Flags, Floats, Integers
from keepers.decisions.terms.terms import Option, Terms
from keepers.warehouse.tables import PLAN_LINES

FIRST = (
    "customer_id", "decision", "action", "level", "cost", "expected_gain", "expected_gain_low", "expected_gain_high",
    "evidence", "reason",
)  # fmt: skip
COLUMNS = (*FIRST, *(column.name for column in PLAN_LINES.columns if column.name not in {*FIRST, "plan_id", "run_id"}))
WHY = {
    KEEP: "Worth keeping.",
    GROW: "May yet become one of the best.",
    f"{GROW} {WALLET}": "Spends more elsewhere than here: all of it here would make them one of the best.",
    f"{GROW} {BREADTH}": "Buys from few categories: as many as the best buy from would make them one.",
    WIN_BACK: "Gone or going, and worth asking back.",
    CHEAPER: "Serving them as now costs more than it brings.",
    STOP: "Further contact is expected to cost more than it brings.",
    LET_GO: "Expected to cost more than they bring.",
}
LOST_BELOW = 0.25
GAINED = ("expected_gain", "expected_gain_low", "expected_gain_high")
MAILED = ("mailed_margin", "mailed_margin_low", "mailed_margin_high")


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What the plan says of each customer, (n,) words each."""

    decision: NDArray[np.str_]
    action: NDArray[np.str_]


def proposal_of(
    standing: Standing, terms: Terms, options: Sequence[Option], choice: Integers, judged: Judgement
) -> Proposal:
    """The decision and the action that each customer's option (n,) amounts to."""
    worth, remedies = judged.worth, judged.remedies
    cost = np.array([option.cost for option in options])[choice]
    decision = _decisions(standing, terms, options, choice, worth.growable != "")
    decision = np.where(judged.gone, LET_GO, np.where((worth.net < 0) & (cost == 0), CHEAPER, decision))
    action = np.array([action_of(option) for option in options])[choice]
    free = (cost == 0) & (remedies.free != "")
    return Proposal(decision, np.select([decision == LET_GO, free], [ASK, remedies.free], action))


def plan_table(
    standing: Standing,
    options: Sequence[Option],
    choice: Integers,
    proposal: Proposal,
    figures: Mapping[str, Floats],
    judged: Judgement,
) -> pa.Table:
    """One row a customer, the columns of `plan_lines` without plan and run, the file's ten first."""
    worth, remedies, decision = judged.worth, judged.remedies, proposal.decision
    cost = np.array([option.cost for option in options])[choice]
    chosen = {
        "level": np.array([option.level.name for option in options])[choice],
        "contacts": np.array([float(option.mailings) for option in options])[choice],
        "cost": cost,
        "staff_hours": np.array([option.hours for option in options])[choice],
        "evidence": np.array([option.evidence for option in options])[choice],
    }
    tried = np.where((cost == 0) & (remedies.first != remedies.free), remedies.first, "")
    given = {
        "customer_id": standing.table["customer_id"],
        "decision": decision,
        **chosen,
        "action": proposal.action,
        **{name: figures[name] for name in GAINED},
        **{mailed: figures[lost] for mailed, lost in zip(MAILED, LOST, strict=True)},
        "net_value": worth.net,
        "net_value_low": worth.low,
        "net_value_high": worth.high,
        "chance_above_cost": worth.above_cost,
        "current_profit": worth.profit,
        "value_at_stake": figures["lost"],
        "chance_back": figures["back"],
        "guards": pa.array(sentences(judged.guards, standing.size), pa.string()),
        "remedies": pa.array(remedies.words, pa.string()),
        "propensity": figures["propensity"],
        "reason": _reasons(standing, decision, worth.growable, tried),
    }
    types = {column.name: column.type for column in PLAN_LINES.columns}
    arrays = [
        pa.array(given[name], from_pandas=True).cast(types[name]) if isinstance(given.get(name), np.ndarray)
        else given[name] if name in given else pa.nulls(standing.size, types[name])
        for name in COLUMNS
    ]  # fmt: skip
    return pa.table(dict(zip(COLUMNS, arrays, strict=True)))


def action_of(option: Option) -> str:
    """What to do for a year, in words."""
    if option.offer:
        return SEND_OFFER
    mailings = f"{option.mailings} mailings a year" if option.mailings else ""
    if option.level.cost == option.level.hours == 0:
        return f"send {mailings}" if mailings else NO_CONTACT
    counted = ((option.level.calls, "calls"), (option.level.visits, "visits"))
    contacts = [f"{count:g} {word} a year" for count, word in counted if count]
    return ", ".join([f"{option.level.name} care", *contacts, *([mailings] if mailings else [])])


def _decisions(
    standing: Standing, terms: Terms, options: Sequence[Option], choice: Integers, growing: Flags
) -> NDArray[np.str_]:
    cost = np.array([option.cost for option in options])[choice]
    offer = np.array([option.offer for option in options])[choice]
    now = next(o.cost for o in options if o.level.name == terms.now_level and o.mailings == terms.now_mailings)
    lost = standing.column("probability_alive") < LOST_BELOW
    return np.select(
        [offer, (cost == 0) & ((now > 0) | lost), (cost < now), (cost > 0) & growing],
        [WIN_BACK, STOP, CHEAPER, GROW],
        default=KEEP,
    )


def _reasons(
    standing: Standing, decision: NDArray[np.str_], growth: NDArray[np.str_], paid: NDArray[np.str_]
) -> pa.Array:
    """Why, and which remedy that is not in the plan, since it costs something, would be the first to try."""
    causes = (decision == GROW) & ((growth == WALLET) | (growth == BREADTH))
    words, place = np.unique(np.where(causes, np.char.add(f"{GROW} ", growth), decision), return_inverse=True)
    why = np.array([WHY[str(word)] for word in words])[place]
    tried = np.array([f"Before giving up: {remedy}." if remedy else "" for remedy in paid.tolist()], dtype=object)
    told = pc.binary_join_element_wise(
        standing.table["reason"].combine_chunks(), pa.array(why), pa.array(tried, pa.string()), " "
    )
    return pc.utf8_rtrim_whitespace(told)
