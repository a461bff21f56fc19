"""What every option adds for every customer, draw by draw: their future valued again at changed rates."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from keepers.core.periods import DAYS_PER_YEAR
from keepers.decisions.returns import Returns
from keepers.decisions.standing import Part, Standing
from keepers.decisions.streams import Leaving, Streams, in_blocks, usual_streams
from keepers.decisions.terms.effects import LEAST, Floats, Integers, Multiplier, strengths
from keepers.decisions.terms.terms import MAILING, Option, Terms
from keepers.decisions.winning_back import offered

BLOCK = 20_000  # customers at once
MOST_KINDS = 100_000  # customers of a part who differ for those who stay: of more they are told block by block
_A_TENTH = 0.1
_HARDLY_ANY = 1e-9  # discounted orders from which a margin can be told
GONE_BELOW = 0.75  # P(alive) below which somebody may have to be won back


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some customers with the joint draws that every option's gain is made of.

    rows: (m,) places among all
    within, beyond: by level: (draws, m) margin of the year at the level's rates, and afterwards [money]
    offer: (draws, m) margin that the offer adds before its cost [money]
    usual: (draws, m) value up to the cap as customers are treated today, net of what serving costs [money]
    lost: (m,) the whole stream that is lost with whoever leaves now: the mean margin, given still a customer [money]
    year: (m,) mean margin of the orders of a year [money]
    staying: (m,) what leaving at no rate at all for a year would add, in proportion to a tenth less, net of what
        serving them longer costs [money]
    served: (m,) mean cost of serving up to the value cap [money]
    """

    rows: Integers
    within: dict[str, Floats]
    beyond: dict[str, Floats]
    offer: Floats
    usual: Floats
    lost: Floats
    year: Floats
    staying: Floats
    served: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Valuing:
    """Everything that the gains of any block are computed from.

    differences: action → (n,) by how much what it multiplies somebody's orders by differs from the terms' [factor]
    leaving: by the number of the part, what leaving faster or slower does to its customers, once it was asked for
    """

    standing: Standing
    terms: Terms
    options: tuple[Option, ...]
    returns: Returns
    differences: Mapping[str, Floats] = field(default_factory=dict)
    leaving: dict[int, Leaving] = field(default_factory=dict)

    @property
    def service(self) -> float:
        """What serving a customer costs [money per time unit]."""
        return self.terms.cost_to_serve * self.standing.time_unit_days / DAYS_PER_YEAR

    @property
    def strengths(self) -> Floats:
        """(draws,) how well contact works in each joint draw."""
        return strengths(self.standing.draws)

    def blocks(self) -> Iterator[Block]:
        """All customers, some thousands at once; the same each time."""
        ahead = self.standing.ahead
        for number, part in enumerate(self.standing.parts):
            if number not in self.leaving:
                self.leaving[number] = Leaving.of(part, ahead)
            whole = self.leaving[number]
            for some, rows in in_blocks(part, BLOCK):
                are_few = len(whole.kinds) <= MOST_KINDS
                yield self._block(some, whole.at(rows) if are_few else Leaving.of(some, ahead))

    def means(self, block: Block) -> Floats:
        """(m, options) mean gain of each option over the draws, after its cost; -inf where it is not for somebody."""
        nothing = self._of(block, self.options[0]).mean(axis=0)
        found = np.empty((len(block.rows), len(self.options)))
        mailed = self._mailed(block.rows)
        for place, option in enumerate(self.options):
            if option.offer:
                found[:, place] = np.where(block.offer.any(axis=0), block.offer.mean(axis=0) - option.cost, -np.inf)
                continue
            level = option.level.name
            year = _mean_of_products(mailed[option.mailings], block.within[level])
            found[:, place] = year + block.beyond[level].mean(axis=0) - nothing - option.cost
        found[:, 0] = 0.0
        return found

    def draws(self, block: Block, option: Option) -> Floats:
        """(draws, m) gain of an option in each joint draw, after its cost."""
        if option.offer:
            return block.offer - option.cost
        return self._of(block, option) - self._of(block, self.options[0]) - option.cost

    def brought_by_mailings(self, block: Block, mailings: int) -> Floats:
        """(draws, m) margin within the year of what so many mailings add to none, at today's level of care."""
        mailed, within = self._mailed(block.rows), block.within[self.terms.now_level]
        return np.asarray((mailed[mailings] - mailed[0]) * within)

    def _of(self, block: Block, option: Option) -> Floats:
        within = self._mailed(block.rows)[option.mailings] * block.within[option.level.name]
        return np.asarray(within + block.beyond[option.level.name])

    def _mailed(self, rows: Integers) -> dict[int, Floats]:
        """(draws, 1), or (draws, m) where customers differ: what each number of mailings multiplies orders by."""
        counts = {option.mailings for option in self.options} | {self.terms.now_mailings}
        mailing = self.terms.mailing
        found = {count: self._orders(MAILING, mailing.at(count), rows, share=mailing.share(count)) for count in counts}
        usual = found[self.terms.now_mailings]
        return {count: each / usual for count, each in found.items()}

    def _orders(self, action: str, effect: Multiplier, rows: Integers, *, share: float = 1.0) -> Floats:
        """(draws, 1), or (draws, m) where customers differ: what this share of an action multiplies orders by."""
        everybody = effect.at(self.strengths)[:, None]
        if action not in self.differences:
            return everybody
        return np.asarray(np.maximum(everybody + share * self.differences[action][rows], LEAST))

    def _block(self, part: Part, customers: Leaving) -> Block:
        serves = max(self.service, self.standing.service) > 0
        streams = usual_streams(part, self.standing.ahead, with_service=serves)
        order, now = self._margin_of_an_order(part, streams), self.terms.level(self.terms.now_level)
        usually = self._orders(now.name, now.orders, part.rows)
        within, beyond = {}, {}
        for level in self.terms.levels:
            orders = self._orders(level.name, level.orders, part.rows) / usually
            weak = -self.strengths  # where contact works well fewer leave
            leaving = level.leaving.at(weak) / now.leaving.at(weak)
            changes = customers.changes(leaving)
            within[level.name] = orders * streams.within * changes.within * order
            served = streams.served * changes.within + streams.served_beyond * changes.beyond
            beyond[level.name] = streams.beyond * changes.beyond * order - self.service * served
        cost = self.service * (streams.served + streams.served_beyond)
        usual = (streams.within + streams.beyond) * order - cost
        slower = customers.changes(np.full(len(self.strengths), 1.0 - _A_TENTH))
        stays = (streams.within * (slower.within - 1.0) + streams.beyond * (slower.beyond - 1.0)) * order
        stays -= self.service * (streams.served * (slower.within - 1.0) + streams.served_beyond * (slower.beyond - 1.0))
        return Block(
            rows=part.rows,
            within=within,
            beyond=beyond,
            offer=self._offered(part, streams, order),
            usual=usual,
            lost=((usual + cost) / np.maximum(streams.alive, 1e-300)).mean(axis=0),
            year=(streams.within * order).mean(axis=0),
            staying=stays.mean(axis=0) / _A_TENTH,
            served=cost.mean(axis=0),
        )

    def _margin_of_an_order(self, part: Part, streams: Streams) -> Floats:
        """(m,) margin of a discounted order: what makes the usual future worth what the run says [money]."""
        worth, value = self.standing.column("residual_value"), self.standing.column("expected_order_value")
        served = (streams.served + streams.served_beyond).mean(axis=0)
        orders = (streams.within + streams.beyond).mean(axis=0)
        known = orders > _HARDLY_ANY
        told = (worth[part.rows] + self.standing.service * served) / np.where(known, orders, 1.0)
        return np.asarray(np.where(known, told, np.nan_to_num(value[part.rows]) * self.standing.margin))

    def _offered(self, part: Part, streams: Streams, order: Floats) -> Floats:
        """(draws, m) margin that an offer adds to those gone or going; nothing to others."""
        found = np.zeros(streams.alive.shape)
        gone = np.flatnonzero(streams.alive.mean(axis=0) < GONE_BELOW)
        if len(gone):
            some = Part(part.model, part.plain, part.posterior, part.histories.at(gone), part.rows[gone])
            found[:, gone] = offered(
                some,
                order[gone],
                returns=self.returns,
                effect=self.terms.offer.returns,
                strengths=self.strengths,
                ahead=self.standing.ahead,
                service=self.service,
            )
        return found


def _mean_of_products(factors: Floats, values: Floats) -> Floats:
    """(m,) mean over the draws of factors (draws, 1 or m) times values (draws, m)."""
    if factors.shape[1] == 1:
        return np.asarray(factors[:, 0] @ values / len(values))
    return np.asarray(np.einsum("dm,dm->m", factors, values) / len(values))
