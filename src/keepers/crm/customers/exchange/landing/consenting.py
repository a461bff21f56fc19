"""What rows say of consent as it is kept: the latest statement counts, of one moment the no, and the others stay."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from keepers.crm.customers.exchange.landing.held import Said
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.recognising.plans import Plan
from keepers.crm.customers.exchange.recognising.said import GIVEN, OFFERS, Statement, statements_in
from keepers.crm.customers.models import Consent


def consents_told(
    plan: Plan, brought: PeopleImport, now: datetime, columns: Mapping[str, Sequence[Any]], height: int
) -> list[list[tuple[Any, ...]]]:
    """The consents of each row as `CONSENT` without the customer, of each channel and purpose the oldest first.

    A yes without a day counts where nothing else is said: who refuses in one column and agrees in another, refuses.

    Args:
        plan: of the table.
        brought: the import.
        now: the moment of what is told without a day.
        columns: the cells of the rows, by column.
        height: how many rows.
    """
    found: list[dict[tuple[str, str], list[Statement]]] = [{} for _ in range(height)]
    for channel, state in sorted(plan.consents.values()):
        for row, told in enumerate(columns[f"k_{channel}_{state}"]):
            if told:
                found[row].setdefault((channel, OFFERS), []).append(Statement(told, OFFERS, None, ""))
    for number, refusal in enumerate(plan.refusals):
        for row, lines in enumerate(columns[f"w{number}"]):
            for said in statements_in(lines or ""):
                found[row].setdefault((refusal.channel, said.purpose), []).append(said)
    return [
        [
            (channel, purpose, said.state, at, said.proof, brought.consent_source, brought.by_id, is_last)
            for (channel, purpose), several in of.items()
            for at, said, is_last in _in_order(several, now)
        ]
        for of in found
    ]


def _in_order(said: Sequence[Statement], now: datetime) -> list[tuple[datetime, Statement, bool]]:
    """Statements of one channel and purpose with their moments, and whether each is the last; of one moment the no."""
    sure = [each for each in said if each.at or each.state != GIVEN]
    undated = sorted((each for each in sure or said if not each.at), key=lambda each: not each.proof)[:1]
    told = {(each.at or now, each.state != GIVEN): each for each in [*undated, *(each for each in sure if each.at)]}
    last = max(told)
    return [(at, each, (at, refuses) == last) for (at, refuses), each in sorted(told.items(), key=lambda item: item[0])]


def with_consents(before: Sequence[Said], told: Sequence[Sequence[Any]], origin: str, now: datetime) -> list[Said]:
    """The consents that a customer has, and those that are new to them.

    A yes of which no file tells the day takes back no no that is known, and no other such file repeats what counts.

    Args:
        before: what they have.
        told: of their row, as `consents_told` gives it.
        origin: of the yes and no that files tell without a day.
        now: the moment of what is told without a day.
    """
    latest = {(row.channel, row.purpose): row for row in before if row.is_latest}
    known = {(row.channel, row.purpose, row.state, row.at) for row in before}

    def is_new(said: Said) -> bool:
        counts = latest.get((said.channel, said.purpose))
        if said.at != now:
            return (said.channel, said.purpose, said.state, said.at) not in known
        return counts is None or (counts.state != said.state and counts.state not in Consent.REFUSALS)

    def weight(said: Said) -> tuple[bool, datetime, bool]:
        """A yes that a file of the same origin told without a day counts less than all else."""
        is_undated = bool(origin) and said.source == origin and said.state == GIVEN and not said.proof
        return not is_undated, said.at, said.state in Consent.REFUSALS

    new = [said for said in (Said(None, *each) for each in told) if is_new(said)]
    for said in new:
        asked = (said.channel, said.purpose)
        latest[asked] = max(latest.get(asked, said), said, key=weight)
    return [row._replace(is_latest=row is latest.get((row.channel, row.purpose))) for row in (*before, *new)]
