"""The plan: the best option of every customer within what there is to spend, and what all of them together may add."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from keepers.clv.predicting.ranges import ends_of
from keepers.core.money import money, money_range
from keepers.decisions.allocating.allocation import Allocation, allocate
from keepers.decisions.allocating.alternatives import alternatives_of
from keepers.decisions.allocating.frontier import Choices, Frontier, frontier_budgets, frontier_of, or_better
from keepers.decisions.dismissing import forbid
from keepers.decisions.gains import BLOCK, Block, Valuing
from keepers.decisions.keeping.judging import Judgement, judge_customers
from keepers.decisions.keeping.stopping import MailingsSeen, Stopping
from keepers.decisions.lines import action_of, plan_table, proposal_of
from keepers.decisions.returns import Returns
from keepers.decisions.standing import Standing
from keepers.decisions.steps import Grouping, Steps, grouping_of, steps_of
from keepers.decisions.terms.doing import GIVEN_UP
from keepers.decisions.terms.effects import ASSUMED, Flags, Floats, Integers
from keepers.decisions.terms.terms import RESOURCES, Terms, is_untried, options_of, told_as, uses_of
from keepers.decisions.terms.terms import as_json as terms_as_json
from keepers.decisions.trying.exploring import Exploring, explored

EXPLORES = 0.5  # chance of a line below which it is one that a lot chose
_TRIED_FIRST = "This plan spends nothing by itself: trials by lot are to tell first what pays."
_TAKEN_FIRST = "the next run's trials take the customers first"
_NOTHING_PAYS = "Nothing pays: no contact is expected to bring more than it costs."


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to do about each customer, and what it costs and adds.

    table: one row a customer, the columns of `plan_lines` without plan and run
    gain: joint draws of the whole plan's gain after its cost (draws,) [money]
    alternatives: plans with less money or fewer hours, a row each
    learned: of each action how its effect was learned, where it was
    on_trial: of each action with lots what this plan would have brought those who were drawn
    too_few: actions that are left to trials by lot, of which the customers are too few to tell enough
    waiting: actions that are left to trials by lot, whose customers are on trials of others
    trials_next: actions of which the next run would begin trials by lot, as things stand
    trials_now: actions that are on trial by lot while it counts
    """

    table: pa.Table
    terms: Terms
    allocation: Allocation
    gain: Floats
    steps: Steps
    frontier: Frontier
    alternatives: list[dict[str, Any]]
    judged: Judgement
    stopping: Stopping
    learned: Mapping[str, Any] = field(default_factory=dict)
    on_trial: Mapping[str, Any] = field(default_factory=dict)
    too_few: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    trials_next: tuple[str, ...] = ()
    trials_now: tuple[str, ...] = ()

    def sentence(self, currency: str | None) -> str:
        """What the plan spends and is expected to add, and what it leaves out for want of customers to try it on."""
        spends, (low, high) = self.table["cost"].to_numpy() > 0, ends_of(self.gain)
        trials = bool(self.trials_now or self.trials_next)
        if not spends.any() and not self.gain.any():
            left = left_out(self.too_few, self.waiting, stands=bool(self.trials_now))
            return left.strip() or (_TRIED_FIRST if trials else _NOTHING_PAYS)
        return (
            f"Spending {money(float(self.allocation.used[0]), currency)} on {int(spends.sum()):,} of "
            f"{self.table.num_rows:,} customers is expected to add {money(float(self.gain.mean()), currency)} "
            f"({money_range(float(low), float(high))}) after that cost."
            f"{left_out(self.too_few, self.waiting, stands=bool(self.trials_now))}"
        )

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        cost = float(self.allocation.used[0])
        return {
            "lines": self.table.num_rows,
            "lines_with_cost": int((self.table["cost"].to_numpy() > 0).sum()),
            "lines_exploring": int((self.table["propensity"].to_numpy() < EXPLORES).sum()),
            "cost": cost,
            "used": dict(zip(RESOURCES, self.allocation.used.tolist(), strict=True)),
            "expected_gain": _interval(self.gain),
            "gain_on_evidence": self._on_evidence(),
            "prices": dict(zip(RESOURCES, self.allocation.prices.tolist(), strict=True)),
            "gain_bound": self.allocation.bound,
            "decisions": self._decisions(),
            "value_held_by_top_tenth": self.judged.exposed(self._given_up()),
            "stopping": self.stopping.as_json(),
            "plan_steps": self.steps.as_json(),
            "frontier": self.frontier.as_json(self.actions),
            "alternatives": self.alternatives,
            "terms": terms_as_json(self.terms),
            "effects_learned": dict(self.learned),
            "on_trial": dict(self.on_trial),
            "too_few_for": list(self.too_few),
            "waiting_for_others": list(self.waiting),
            "trials_next": list(self.trials_next),
        }

    @property
    def actions(self) -> list[str]:
        """What each option is, in words."""
        return [action_of(option) for option in options_of(self.terms)]

    def _on_evidence(self) -> float:
        """The part of the expected gain that rests on more than assumptions [money]."""
        known = self.table["evidence"].to_numpy(zero_copy_only=False) != ASSUMED
        return float(self.table["expected_gain"].to_numpy()[known].sum())

    def _given_up(self) -> Flags:
        """(n,) on whom nothing is spent any more, or whom it proposes to let go."""
        return np.isin(self.table["decision"].to_numpy(zero_copy_only=False), GIVEN_UP)

    def _decisions(self) -> list[dict[str, Any]]:
        words, place = np.unique(self.table["decision"].to_numpy(zero_copy_only=False), return_inverse=True)
        names = ("cost", "expected_gain")
        sums = {name: np.bincount(place, weights=self.table[name].to_numpy()) for name in names}
        counts = np.bincount(place)
        return [
            {"decision": str(word), "customers": int(count)} | {name: float(sums[name][row]) for name in names}
            for row, (word, count) in enumerate(zip(words, counts, strict=True))
        ]


def left_out(too_few: Sequence[str], waiting: Sequence[str], *, stands: bool) -> str:
    """What follows, with a space before it, of actions that are left to trials which do not begin; else nothing.

    Args:
        too_few: actions whose customers are too few to tell enough.
        waiting: actions whose customers trials of other actions take.
        stands: whether a trial stands, so that these have the customers now; else those of the next run take them.
    """
    told = ""
    if too_few:
        told += (
            f" Nothing is spent on {', '.join(too_few)}: [trial] leaves to the lots what is mostly assumed, and all "
            "customers whom such a trial could draw are too few for it to tell enough, so none begins. Write in the "
            f"costs file what they do ({', '.join(map(told_as, too_few))}), or take [trial] out, and plans go by what "
            "is assumed."
        )
    if waiting:
        taken = "trials of other actions have the customers now" if stands else _TAKEN_FIRST
        told += f" Nothing is spent on {', '.join(waiting)} yet: {taken}. They are looked at again when those are over."
    return told


def make_plan(
    standing: Standing,
    terms: Terms,
    returns: Returns,
    *,
    differences: Mapping[str, Floats] | None = None,
    exploring: Exploring | None = None,
    tried_only: bool = False,
) -> Plan:
    """The plan with the greatest expected gain within the limits of its terms.

    Args:
        standing: the customers with the draws of their run.
        terms: costs, effects and limits.
        returns: chances of coming back, learned from silences that ended.
        differences: action → (n,) by how much what it multiplies somebody's orders by differs from the terms' [factor].
        exploring: lots of those who get something else to learn from; None: nobody does.
        tried_only: whether nothing is spent on what is only assumed, as a trial by lot is there to learn it.
    """
    options = options_of(terms)
    valuing = Valuing(standing, terms, options, returns, differences or {})
    gains = np.empty((standing.size, len(options)))
    figures = {name: np.empty(standing.size) for name in ("lost", "year", "staying", "served")}
    blocks, mailed = _Blocks(valuing), MailingsSeen(valuing)
    for block in blocks:
        gains[block.rows] = valuing.means(block)
        mailed.look_at(block)
        for name, values in figures.items():
            values[block.rows] = getattr(block, name)
    judged = judge_customers(standing, terms, gains, figures)
    gains[judged.gone, 1:] = -np.inf  # nothing is spent on whom it proposes to let go
    forbid(gains, standing.table["customer_id"], options, standing.dismissed)
    gains[:, [tried_only and is_untried(terms, option) for option in options]] = -np.inf
    uses = uses_of(options)
    limits = np.array([terms.caps.get(name, np.inf) for name in RESOURCES])
    budgets = frontier_budgets(gains, uses, limits)
    others = alternatives_of(gains, uses, limits, budgets)
    allocation = or_better(allocate(gains, uses, limits), budgets, uses, limits)
    propensity = np.ones(standing.size)
    if exploring is not None:
        allocation, propensity = explored(allocation, gains, uses, limits, exploring)
    proposal = proposal_of(standing, terms, options, allocation.choice, judged)
    grouping, stopping = grouping_of(proposal), mailed.ranked()
    told = _second_look(blocks, allocation.choice, grouping, np.concatenate([budgets.choices, others.choices]))
    figures |= {"expected_gain_low": told.low, "expected_gain_high": told.high} | stopping.figures
    figures["propensity"], figures["back"] = propensity, returns.of(standing)
    figures["expected_gain"] = gains[np.arange(standing.size), allocation.choice]
    table = plan_table(standing, options, allocation.choice, proposal, figures, judged)
    points = len(budgets.budgets)
    return Plan(
        table=table,
        terms=terms,
        allocation=allocation,
        gain=told.steps.sum(axis=1),
        steps=steps_of(grouping, table, told.steps),
        frontier=frontier_of(budgets, told.others[:, :points], options=len(options)),
        alternatives=others.as_json([action_of(option) for option in options], told.others[:, points:]),
        judged=judged,
        stopping=stopping,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """Intervals of the lines (n,), joint draws of the steps (draws, steps) and of other plans (draws, plans)."""

    low: Floats
    high: Floats
    steps: Floats
    others: Floats


class _Blocks:
    """All customers block by block, twice: kept where there is one block only, computed again where there are many."""

    def __init__(self, valuing: Valuing) -> None:
        self.valuing = valuing
        self._kept: list[Block] = []

    def __iter__(self) -> Iterator[Block]:
        if self._kept:
            return iter(self._kept)
        if self.valuing.standing.size <= BLOCK:
            self._kept = list(self.valuing.blocks())
            return iter(self._kept)
        return self.valuing.blocks()


def _second_look(blocks: _Blocks, choice: Integers, grouping: Grouping, choices: Choices) -> _Told:
    """The draws of the options that were chosen, for the plan and for other plans (plans, n)."""
    valuing = blocks.valuing
    size, draws = valuing.standing.size, valuing.standing.draws
    low, high, steps = np.zeros(size), np.zeros(size), np.zeros((draws, len(grouping.words)))
    others = np.zeros((draws, len(choices)))
    for block in blocks:
        own, other = choice[block.rows], choices[:, block.rows]
        for place, option in enumerate(valuing.options[1:], start=1):
            chosen, also = np.flatnonzero(own == place), other == place
            wanted = np.flatnonzero(also.any(axis=0) | (own == place))
            if not len(wanted):
                continue
            gained = valuing.draws(block, option)
            others += gained[:, wanted] @ also[:, wanted].T
            rows = block.rows[chosen]
            steps += _by_step(gained[:, chosen], grouping.place[rows], len(grouping.words))
            low[rows], high[rows] = ends_of(gained[:, chosen])
    return _Told(low, high, steps, others)


def _by_step(gained: Floats, place: Integers, steps: int) -> Floats:
    """(draws, steps) sums of (draws, m)."""
    ones = (np.ones(len(place)), (np.arange(len(place)), place))
    return np.asarray(gained @ csr_array(ones, shape=(len(place), steps)))


def _interval(draws: Floats) -> dict[str, float]:
    low, high = ends_of(draws)
    return {"mean": float(draws.mean()), "low": float(low), "high": float(high)}
