"""Whom a plan proposes to let go: whom neither contact nor remedy makes worth their cost, and no guard protects."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from keepers.decisions.keeping.guards import POACHING, Case, Guard, exposure, guards_for
from keepers.decisions.keeping.remedies import Proposed, propose
from keepers.decisions.keeping.worth import Worth, worth_of
from keepers.decisions.standing import Standing
from keepers.decisions.terms.effects import Flags, Floats
from keepers.decisions.terms.terms import Terms


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What the customers are worth and who might be given up.

    remedies: for those worth less than they cost, and those whom no contact pays for
    guards: each with whom of the proposed it protects
    gone: (n,) proposed and protected by none
    to_come: (n,) margin to come before the cost of serving [money]
    proposed: (n,) whom it would let go if no guard spoke
    """

    worth: Worth
    remedies: Proposed
    guards: tuple[Guard, ...]
    gone: Flags
    to_come: Floats
    proposed: Flags

    def exposed(self, stopped: Flags) -> dict[str, float]:
        """How much of the margin to come hangs on today's top tenth, with whom it lets go and without [share].

        Args:
            stopped: (n,) on whom nothing is spent any more, or who are let go.
        """
        let_go, given_up, all_proposed = (
            exposure(self.to_come, those) for those in (self.gone, stopped, self.proposed)
        )
        kept = next(guard.protects for guard in self.guards if guard.name == POACHING)
        return {
            "before": let_go.before,
            "after": let_go.after,
            "without_stopped": given_up.after,
            "without_proposed": all_proposed.after,
            "kept_back": int(kept.sum()),
        }


def judge_customers(standing: Standing, terms: Terms, gains: Floats, figures: Mapping[str, Floats]) -> Judgement:
    """Whom to let go, if anybody.

    Args:
        standing: the customers.
        terms: costs and remedies.
        gains: (n, options) what each option adds [money].
        figures: as `propose` reads them.
    """
    worth = worth_of(standing, cost_to_serve=terms.cost_to_serve)
    contact = gains.max(axis=1)
    remedies = propose(standing, terms, figures, (worth.net < 0) | (contact <= 0))
    proposed = (worth.net + np.maximum(contact, remedies.best) < 0) & (worth.above_cost < 0.5)
    to_come = np.maximum(worth.net + figures["served"], 0.0)
    guards = guards_for(Case(standing, worth, proposed, to_come))
    gone = proposed & ~np.logical_or.reduce([guard.protects for guard in guards])
    return Judgement(worth, remedies, guards, gone, to_come, proposed)
