"""Standing trials of a workspace: of those with whom an action is in doubt, some get it by lot, as many do without."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pyarrow as pa

from keepers.decisions.dismissing import Dismissed
from keepers.decisions.lines import action_of
from keepers.decisions.terms.doing import cost_within, parts_of
from keepers.decisions.terms.terms import LEVELS, MAILING, OFFER, Trial
from keepers.decisions.trying.doubting import CARE, NONE, Doubt
from keepers.experiments.assigning import HELD_OUT, Lottery, lots_named
from keepers.experiments.holding_out import HeldOut
from keepers.loop.experiments.experimenting import frame, lots_at_cost
from keepers.warehouse.delta import DeltaStore, PinnedStore

TRIAL = "standing trial of "
EVERYTHING = frozenset({MAILING, *LEVELS, OFFER})
HALF = 0.5  # of those on trial who do without


@dataclass(frozen=True, slots=True)
class OnTrial:
    """Who is on trial on a day: action → customers who get it, and until when; those who do without it."""

    treated: Mapping[str, list[str]]
    held: Mapping[str, list[str]]
    until: date | None

    @property
    def actions(self) -> list[str]:
        """Everything that is on trial, also what the lots gave nobody."""
        return list(dict.fromkeys([*self.treated, *self.held]))

    def counts(self, action: str) -> tuple[int, int]:
        """How many get an action, and how many do without it."""
        return len(self.treated.get(action, [])), len(self.held.get(action, []))

    def table(self) -> pa.Table:
        """One row for each customer and action on trial: whether they get it."""
        rows = [
            {"customer_id": customer, "action": action, "gets_it": gets_it, "held_until": self.until}
            for gets_it, some in ((True, self.treated), (False, self.held))
            for action, customers in some.items()
            for customer in customers
        ]
        names = {"customer_id": pa.string(), "action": pa.string(), "gets_it": pa.bool_(), "held_until": pa.date32()}
        return pa.Table.from_pylist(rows, schema=pa.schema(names))

    def kept_from_plan(self) -> Dismissed:
        """By customer, the parts that a plan leaves to the trial: mailings, or every other care and the offer."""
        parts = dict[str, frozenset[str]]()
        for some in (self.treated, self.held):
            for action, customers in some.items():
                own = frozenset({MAILING}) if action == MAILING else frozenset({*LEVELS, OFFER})
                for customer in customers:
                    parts[customer] = parts.get(customer, frozenset()) | own
        return parts


def on_trial(store: DeltaStore | PinnedStore, day: date) -> OnTrial:
    """Who is on trial on a day, by the lots that are kept."""
    lots = frame(store.query("assignments")).filter(
        pl.col("experiment").str.starts_with(TRIAL)
        & (pl.col("held_until") >= day)
        & (pl.col("assigned_at").dt.date() <= day)
    )
    treated, held = (
        {
            str(action): some["customer_id"].to_list()
            for (action,), some in lots.filter(kind).group_by("action", maintain_order=True)
        }
        for kind in (pl.col("arm") != HELD_OUT, pl.col("arm") == HELD_OUT)
    )
    until = lots["held_until"].max()
    return OnTrial(treated, held, until if isinstance(until, date) else None)


def held_elsewhere(store: DeltaStore | PinnedStore, day: date) -> Dismissed:
    """By customer, the parts that lots drawn before keep from them on a day: no trial may give them these."""
    held = HeldOut.on(day, store.query("assignments"))
    parts = dict.fromkeys(held.global_control, EVERYTHING)
    for action, customers in held.by_action.items():
        own = frozenset(parts_of(action))
        parts |= {customer: parts.get(customer, frozenset()) | own for customer in customers}
    return parts


def begin_trials(
    store: DeltaStore, customers: list[str], doubt: Doubt, trial: Trial, *, assigned_at: datetime
) -> OnTrial:
    """Draw the lots of a new trial, an experiment an action, and keep them all at once.

    Args:
        store: the warehouse.
        customers: (n,) as in `doubt`.
        doubt: with whom what is in doubt.
        trial: share and length.
        assigned_at: the moment of the lots.

    Raises:
        WriterBusyError: another process is writing.
    """
    begins = assigned_at.date()
    days = 7 * trial.weeks
    until = begins + timedelta(days=days - 1)
    drawn = list[pa.Table]()
    for kind in (CARE, MAILING):
        some, name = doubt.only(kind), f"{TRIAL}{kind} {begins}"
        if not some.actions:
            continue
        chosen = some.drawn(lots_named(f"{name} action", customers))
        chosen = np.where(lots_named(f"{name} who", customers) < trial.share, chosen, NONE)
        for place, action in enumerate(some.actions):
            option = some.options[place]
            cost = cost_within(action_of(option), option.cost, days)
            asked = {customers[row]: cost for row in np.flatnonzero(chosen == place).tolist()}
            if len(asked) > 1:
                arms = {action_of(option): 1.0} if action == MAILING else {}  # its arm names the number
                lottery = Lottery(f"{TRIAL}{action} from {begins}", action, HALF, arms)
                drawn.append(lots_at_cost(lottery, asked, assigned_at=assigned_at, held_until=until))
    if drawn:
        store.append("assignments", pa.concat_tables(drawn), transaction=f"{TRIAL}all from {begins}")
    return on_trial(store, begins)
