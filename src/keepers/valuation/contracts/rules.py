"""The rules that a forecast of contracts must beat: each a curve of survival, drawn from the same history."""

import numpy as np

from keepers.clv.renewals import kaplan_meier
from keepers.clv.renewals.contracts import Contracts
from keepers.clv.renewals.running import Curves
from keepers.valuation.contracts.base import ContractBase, Segment
from keepers.valuation.contracts.origins import ContractOrigin

CARRIED_FORWARD, SEEN = "carried_forward", "kaplan_meier"
RULES = (CARRIED_FORWARD, SEEN)


def curve_of(rule: str, base: ContractBase, segment: Segment, earlier: ContractOrigin | None, *, up_to: int) -> Curves:
    """A rule's curve for the contracts of a segment.

    Args:
        rule: `carried_forward`: of those asked since the `earlier` origin the same share renews for ever, whatever
            their age; `kaplan_meier`: what was seen at each age, and beyond it the retention of the later ages.
        base: as of the day of the forecast.
        segment: of that base.
        earlier: an origin whose window ends on that day; None: the whole history is carried forward.
        up_to: how many renewals the curve must reach.
    """
    if rule == SEEN:
        return Curves.known(kaplan_meier.log_survival(segment.contracts, up_to=up_to))
    contracts = segment.contracts if earlier is None else _since(earlier, base, segment)
    table = contracts.life_table()
    share = (table.kept.sum() + 0.5) / (table.at_risk.sum() + 1.0)
    return Curves.known(np.log(share) * np.arange(up_to + 1))


def _since(earlier: ContractOrigin, base: ContractBase, segment: Segment) -> Contracts:
    """The same contracts, watched only since the earlier origin: each enters with the renewals made by then."""
    contracts = segment.contracts
    share = earlier.horizon(segment)
    window = np.ceil(share).astype(np.int64)
    faced = contracts.renewals + contracts.ended
    recent = base.stays.ended[segment.stays] > earlier.base.day
    entry = np.where(recent, np.maximum(contracts.renewals_at_entry, faced - window), contracts.renewals)
    entry = np.clip(entry, contracts.renewals_at_entry, contracts.renewals)
    return Contracts.of(contracts.renewals, contracts.ended & recent, renewals_at_entry=entry)
