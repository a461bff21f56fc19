"""On whom it is worth trying an action by lot: where it may pay and may as well not, by what is known so far.

A plan gives an action to whoever it is expected to pay for, and so never learns what it would have done for the others.
An action is in doubt for a customer whose gain from it is above nothing at the hopeful end of every effect and below at
the fearful end. Of several actions in doubt a lot chooses one, in proportion to what each may gain at best. With lots
the doubt goes, and with it the trial.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from keepers.decisions.dismissing import forbid
from keepers.decisions.effects import ASSUMED, LEAST, WIDER, Floats, Integers, Multiplier
from keepers.decisions.gains import Valuing
from keepers.decisions.returns import Returns
from keepers.decisions.standing import Standing
from keepers.decisions.terms import MAILING, OFFER, Option, Terms, options_of

CARE = "care"  # levels and the offer stand instead of each other; mailings come beside them
NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Doubt:
    """Actions that can be tried, and what each may gain at best with whom it is in doubt.

    actions: as experiments call them
    options: what each is in a plan
    hopeful: (n, actions) gain at the hopeful end of the effects; 0 with whom there is no doubt [money]
    """

    actions: tuple[str, ...]
    options: tuple[Option, ...]
    hopeful: Floats

    def drawn(self, lots: Floats) -> Integers:
        """(n,) place of the action that each lot, even on 0–1, chooses; `NONE` with whom nothing is in doubt."""
        total = self.hopeful.sum(axis=1)
        edges = np.cumsum(self.hopeful, axis=1)
        return np.where(total > 0, np.sum(edges <= (lots * total)[:, None], axis=1), NONE)

    def only(self, kind: str) -> "Doubt":
        """Those of mailings, or of care and offers."""
        chosen = [place for place, name in enumerate(self.actions) if (name == MAILING) == (kind == MAILING)]
        actions, options = (self.actions[place] for place in chosen), (self.options[place] for place in chosen)
        return Doubt(tuple(actions), tuple(options), self.hopeful[:, chosen])


def doubt_of(standing: Standing, terms: Terms, returns: Returns, differences: Mapping[str, Floats]) -> Doubt:
    """What is in doubt for whom, as the arguments of `planning.make_plan` tell it; nothing that was dismissed."""
    actions, options = _single(terms)
    hopeful, fearful = (
        _gains(Valuing(standing, leaning(terms, hope=hope), options, returns, differences)) for hope in (True, False)
    )
    forbid(hopeful, standing.table["customer_id"], options, standing.dismissed)
    doubtful = np.where((hopeful > 0) & (fearful <= 0), hopeful, 0.0)
    return Doubt(actions, options[1:], doubtful[:, 1:])


def leaning(terms: Terms, *, hope: bool) -> Terms:
    """The terms as if every effect were surely at the better, or at the worse, end of its interval.

    What is assumed may be off by more than it says (`WIDER`), as it may where experiments are learned from.
    """

    def at(effect: Multiplier, *, high: bool) -> Multiplier:
        end = effect.high if high else effect.low
        wider = WIDER if effect.evidence == ASSUMED else 1.0
        point = max(effect.mean + wider * (end - effect.mean), LEAST)
        return Multiplier(point, point, point, effect.evidence)

    def better(effect: Multiplier) -> Multiplier:
        return at(effect, high=hope)

    def fewer(effect: Multiplier) -> Multiplier:
        return at(effect, high=not hope)

    mailing = terms.mailing
    learned = {count: better(effect) for count, effect in mailing.learned.items()}
    levels = tuple(replace(level, orders=better(level.orders), leaving=fewer(level.leaving)) for level in terms.levels)
    return replace(
        terms,
        levels=levels,
        mailing=replace(mailing, most=better(mailing.most), learned=learned),
        offer=replace(terms.offer, returns=better(terms.offer.returns)),
    )


def _single(terms: Terms) -> tuple[tuple[str, ...], tuple[Option, ...]]:
    """Names of the actions, and nothing with their options: a level alone, the most mailings alone, the offer."""
    nothing, *others = options_of(terms)
    most, basic = terms.mailing.choices[-1], terms.levels[0].name
    care = [option for option in others if not option.offer and option.mailings == 0]
    mailed = [option for option in others if option.level.name == basic and 0 < option.mailings == most]
    offers = [option for option in others if option.offer]
    names = [option.level.name for option in care] + [MAILING] * len(mailed) + [OFFER] * len(offers)
    return tuple(names), (nothing, *care, *mailed, *offers)


def _gains(valuing: Valuing) -> Floats:
    gains = np.empty((valuing.standing.size, len(valuing.options)))
    for block in valuing.blocks():
        gains[block.rows] = valuing.means(block)
    return gains
