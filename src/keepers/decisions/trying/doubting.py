"""On whom it is worth trying an action by lot: where it may pay, and nobody knows that it does.

A plan gives an action to whoever it is expected to pay for, and so never learns what it would have done for the others.
Beside what the plan would give, an action's gain a year has a mean and a spread, from its effects as they are expected
and at their hopeful end. What knowing it may add is the expected improvement (Jones, Schonlau and Welch 1998,
"Efficient global optimization", eq. 15): the mean of what it gains beyond the plan's choice, where it does. It is in
doubt for a customer with whom a year of that is more than the trial's weeks cost, when half go without the plan's
choice and half get the action instead. Where no plan gives what is mostly assumed (`terms.is_untried`), knowing it
counts for as long as value does: it is tried or left.

An effect has a spread σ; from orders alone, M without the action in both arms together, their lift is uncertain by
√(4 s ÷ M), with s the variance of a customer's orders beside their mean: `SCATTER`, an assumption. An offer works on
the chance to come back within a year, r. What returns within the trial, w, show of it is brought to the year, and is
then uncertain by w ÷ r of that: so M is r² ÷ w. So a trial takes the share σ² ÷ (σ² + 4 s ÷ M) off the doubt: where
those whom it may draw leave more than half of what there was before any lot, it is not begun, and no more people are
drawn than take nine tenths of what is left. Nor is it begun where so few people of an arm are expected to order, or to
return, within its weeks that chance alone ends more than one arm of twenty below what a look takes. Several actions in
doubt share the customers with whom they are (`sharing_out`), in proportion to what knowing each may add with the
customer, times what it may add with all, times that share; what each tells is counted by what the others leave it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import pi, sqrt

import numpy as np
from scipy.special import ndtr, pdtri

from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.dismissing import forbid
from keepers.decisions.gains import Valuing
from keepers.decisions.keeping.guards import given
from keepers.decisions.returns import Returns
from keepers.decisions.standing import Standing
from keepers.decisions.terms.effects import INTERVAL, LEAST, MOSTLY, Flags, Floats, Integers, Multiplier
from keepers.decisions.terms.terms import MAILING, OFFER, Option, Terms, is_untried, options_of
from keepers.decisions.trying.sharing_out import chances, strengths_of

CARE = "care"  # levels and the offer stand instead of each other; mailings come beside them
NONE = -1
SCATTER = 2.5  # variance of a customer's orders beside their mean, after what was expected of each; Poisson's is 1
_AN_ARM = 0.5  # of whom a trial draws
_FALLS_SHORT = 0.05  # chance that an arm ends with fewer people who order, or return, than a look takes
_MOST = 0.9  # share of the doubt beyond which nobody is drawn


@dataclass(frozen=True, slots=True, eq=False)
class Doubt:
    """Actions that can be tried, and what knowing each may add with whom it is in doubt.

    actions: as experiments call them
    options: what each is in a plan
    may_add: (n, actions) what knowing it may add; 0 with whom there is no doubt [money]
    events: (n, actions) M of each: orders expected in the weeks of the trial, of an offer as many returns [occasions]
    moves: (n, actions) chance that somebody orders, or returns, in these weeks [0–1]
    variance: (actions,) of the effects [factor²]
    share: of those in doubt whom a trial may draw [0–1]
    strength: (actions,) how strongly each claims its customers (`sharing_out`); 0 of those that are not begun
    too_few: mostly assumed actions with which it is in doubt whether they pay, and all customers would tell too little
    waiting: such actions of which those customers would tell enough, if the trials of others left them
    """

    actions: tuple[str, ...]
    options: tuple[Option, ...]
    may_add: Floats
    events: Floats
    moves: Floats
    variance: Floats
    share: float
    strength: Floats
    too_few: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()

    @property
    def told(self) -> Floats:
        """(actions,) share of its doubt that a trial of all whom it may draw would take away [0–1]."""
        learned = self.variance * self.share * np.sum(self.events * (self.may_add > 0), axis=0)
        return np.asarray(learned / (learned + 4.0 * SCATTER))

    @property
    def begun(self) -> tuple[str, ...]:
        """Those of which a trial begins, if lots are drawn now."""
        return tuple(action for action, is_so in zip(self.actions, self.strength > 0, strict=True) if is_so)

    @property
    def matters(self) -> Floats:
        """(actions,) what knowing each may add with all, as far as a trial of all would tell it [money]."""
        return np.asarray(self.may_add.sum(axis=0) * self.told)

    @property
    def weight(self) -> Floats:
        """(n, actions) by which a lot chooses among the actions in doubt for a customer."""
        return np.asarray(self.may_add * self.matters)

    def drawn(self, lots: Floats) -> Integers:
        """(n,) place of the action that each lot, even on 0–1, chooses; `NONE` where it chooses none."""
        edges = np.cumsum(chances(self.weight, self.strength), axis=1)
        place = np.sum(edges <= lots[:, None], axis=1)
        return np.where(place < len(self.actions), place, NONE)

    def strengths(self, known: Floats, untried: Flags, *, fewest: int, anyhow: bool) -> Floats:
        """(actions,) at which each gets as many of its customers as are worth while, or 0 where it is left out.

        Args:
            known: (actions,) share of its doubt that earlier lots took [0–1].
            untried: (actions,) what is mostly assumed: it is not begun where more than half of the doubt would be left.
            fewest: who have to order, or to return, in each arm before anything is told of it.
            anyhow: whether what a trial tells little of is tried as well.
        """
        tells = self.share * np.stack([self.events * self.variance / (4.0 * SCATTER), _AN_ARM * self.moves])
        least_told = np.maximum(1.0 - (1.0 - MOSTLY) / np.maximum(1.0 - known, 1e-12), 0.0) * untried
        movers = np.full(len(self.actions), pdtri(fewest - 1, _FALLS_SHORT))
        wanted, least = (np.stack([told / (1.0 - told), movers]) for told in (np.full_like(known, _MOST), least_told))
        return strengths_of(self.weight, tells, wanted, least * (not anyhow), self.matters)

    def only(self, kind: str) -> "Doubt":
        """Those of mailings, or of care and offers."""
        return self._of([place for place, name in enumerate(self.actions) if (name == MAILING) == (kind == MAILING)])

    def left_out(self, known: Floats, untried: Flags, *, fewest: int) -> "Doubt":
        """The same, told which trials of what is mostly assumed do not begin, and why; arguments as of `strengths`."""
        too_few, waiting = list[str](), list[str]()
        for place in np.flatnonzero(untried & (self.may_add > 0).any(axis=0) & (self.strength == 0)).tolist():
            alone = self._of([place]).strengths(known[[place]], untried[[place]], fewest=fewest, anyhow=False)
            (waiting if alone[0] > 0 else too_few).append(self.actions[place])
        return replace(self, too_few=tuple(too_few), waiting=tuple(waiting))

    def _of(self, chosen: Sequence[int]) -> "Doubt":
        actions, options = (self.actions[place] for place in chosen), (self.options[place] for place in chosen)
        columns = {name: getattr(self, name)[..., chosen] for name in _COLUMNS}
        return replace(self, actions=tuple(actions), options=tuple(options), **columns)


_COLUMNS = ("may_add", "events", "moves", "variance", "strength")


def doubt_of(
    standing: Standing,
    terms: Terms,
    returns: Returns,
    differences: Mapping[str, Floats],
    *,
    horizon: float,
    fewest: int,
    tried_only: bool,
    anyhow: bool = False,
) -> Doubt:
    """What is in doubt for whom, as the arguments of `planning.make_plan` tell it; nothing that was dismissed.

    Of who waits for an answer, or must be served, nothing: no lot keeps care from them, or sends them any.

    Args:
        standing: the customers.
        terms: what is known and assumed.
        returns: chances of coming back.
        differences: on whom actions work.
        horizon: how far the run that valued the customers looked with its expected orders [days].
        fewest: who have to order, or to return, in each arm before anything is told of it.
        tried_only: whether the plan gives nothing that is mostly assumed.
        anyhow: whether what a trial tells little of is tried as well.
    """
    actions, options = _single(terms)
    expected, hopeful = (
        _gains(Valuing(standing, each, options, returns, differences))[:, 1:] for each in (terms, hoping(terms))
    )
    for gains in (expected, hopeful):
        forbid(gains, standing.table["customer_id"], options[1:], standing.dismissed)
        gains[_guarded(standing)] = -np.inf
    untried = np.array([is_untried(terms, option) for option in options[1:]])
    left = untried & tried_only
    given = np.where(left, -np.inf, expected)
    of_mailing = np.array([name == MAILING for name in actions])
    counts = np.where(left, standing.ahead.value_cap / standing.ahead.year, 1.0)
    may_add = np.zeros(expected.shape)
    for kind in (of_mailing, ~of_mailing):
        best = np.maximum(given[:, kind].max(axis=1, initial=0.0), 0.0)[:, None]
        adds = _improvement(expected[:, kind], hopeful[:, kind], best)
        cost = (best - 0.5 * expected[:, kind]) * 7.0 * terms.trial.weeks / DAYS_PER_YEAR
        in_doubt = (adds * counts[kind] > cost) & ((given[:, kind] < best) | (best == 0.0))
        may_add[:, kind] = np.where(in_doubt, adds * counts[kind], 0.0)
    days, effects = 7.0 * terms.trial.weeks, [_effect(terms, option) for option in options[1:]]
    orders = np.nan_to_num(standing.column("expected_orders")) * days / horizon
    returning, back = _returning(standing, returns, days)
    events = np.column_stack([back if option.offer else orders for option in options[1:]])
    moves = np.column_stack([returning if option.offer else -np.expm1(-orders) for option in options[1:]])
    variance, known = (np.array(each) for each in zip(*((e.doubt**2, e.known) for e in effects), strict=True))
    doubt = Doubt(actions, options[1:], may_add, events, moves, variance, terms.trial.share, np.zeros(len(actions)))
    for name, some in ((MAILING, of_mailing), (CARE, ~of_mailing)):
        doubt.strength[some] = doubt.only(name).strengths(known[some], untried[some], fewest=fewest, anyhow=anyhow)
    return doubt.left_out(known, untried, fewest=fewest)


def hoping(terms: Terms) -> Terms:
    """The terms as if every effect were surely at the better end of its interval.

    What is assumed may be off by more than it says, as it may where experiments are learned from.
    """

    def at(effect: Multiplier, end: float) -> Multiplier:
        point = max(effect.mean + effect.wider * (end - effect.mean), LEAST)
        return Multiplier(point, point, point, effect.evidence)

    def better(effect: Multiplier) -> Multiplier:
        return at(effect, effect.high)

    mailing = terms.mailing
    learned = {count: better(effect) for count, effect in mailing.learned.items()}
    levels = tuple(
        replace(level, orders=better(level.orders), leaving=at(level.leaving, level.leaving.low))
        for level in terms.levels
    )
    return replace(
        terms,
        levels=levels,
        mailing=replace(mailing, most=better(mailing.most), learned=learned),
        offer=replace(terms.offer, returns=better(terms.offer.returns)),
    )


def _guarded(standing: Standing) -> Flags:
    return np.asarray((given(standing, "open_tickets") > 0) | (given(standing, "duty_to_serve") > 0))


def _single(terms: Terms) -> tuple[tuple[str, ...], tuple[Option, ...]]:
    """Names of the actions, and nothing with their options: a level alone, the most mailings alone, the offer."""
    nothing, *others = options_of(terms)
    most, basic = terms.mailing.choices[-1], terms.levels[0].name
    care = [option for option in others if not option.offer and option.mailings == 0]
    mailed = [option for option in others if option.level.name == basic and 0 < option.mailings == most]
    offers = [option for option in others if option.offer]
    names = [option.level.name for option in care] + [MAILING] * len(mailed) + [OFFER] * len(offers)
    return tuple(names), (nothing, *care, *mailed, *offers)


def _improvement(expected: Floats, hopeful: Floats, best: Floats) -> Floats:
    """(n, actions) mean of gains above the best, from their means and 95 % points; 0 where an action cannot be."""
    possible = np.isfinite(expected) & np.isfinite(hopeful)
    mean, high = (np.where(possible, gains, 0.0) for gains in (expected, hopeful))
    beyond, spread = mean - best, np.maximum((high - mean) / (INTERVAL / 2), 1e-12)
    z = beyond / spread
    return np.where(possible, spread * np.exp(-0.5 * z**2) / sqrt(2 * pi) + beyond * ndtr(z), 0.0)


def _effect(terms: Terms, option: Option) -> Multiplier:
    """What an action alone does to orders, or to returns."""
    if option.offer:
        return terms.offer.returns
    return terms.mailing.at(option.mailings) if option.mailings else option.level.orders


def _returning(standing: Standing, returns: Returns, days: float) -> tuple[Floats, Floats]:
    """(n,) chance to return within so many days, and returns of a year that tell as much of its chance as it does."""
    year = returns.of(standing)
    within = 1.0 - (1.0 - year) ** (days / standing.time_unit_days / standing.ahead.year)
    return np.asarray(within), np.asarray(year**2 / np.where(within > 0, within, 1.0))


def _gains(valuing: Valuing) -> Floats:
    gains = np.empty((valuing.standing.size, len(valuing.options)))
    for block in valuing.blocks():
        gains[block.rows] = valuing.means(block)
    return gains
