"""What becomes of each row of people: created, looked at for changes, or refused."""

from dataclasses import dataclass, field

import polars as pl
from django.conf import settings
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.landing.mapped_anew import ReadOtherwise
from keepers.crm.customers.exchange.landing.resolving import (
    Meant,
    Pointer,
    customers_meant,
    customers_pointed_to,
    others_of,
)
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.recognising.layout import source_of
from keepers.crm.customers.exchange.recognising.plans import Plan
from keepers.crm.people.models import User
from keepers.loop.tombstones import forgotten_in
from keepers.warehouse.tombstones import WHY, Mark


@dataclass(slots=True)
class Decided:
    """The rows of a piece by what becomes of them; rows are told by their place.

    new: become customers
    known: place → the customer whom it means
    refused: place → why
    filled: known ones of whom the row is an earlier state: it adds what is missing, and changes nothing
    unchanged: place → the customer whom it means, of a row that came in as it is, and was read as it is: nothing new
    """

    new: list[int] = field(default_factory=list)
    known: dict[int, int] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    filled: set[int] = field(default_factory=set)
    unchanged: dict[int, int] = field(default_factory=dict)


def decide(
    brought: PeopleImport, plan: Plan, rows: pl.DataFrame, user: User | None, otherwise: ReadOtherwise
) -> Decided:
    """Decide on the rows of a piece.

    Args:
        brought: the import.
        plan: of the table.
        rows: those that are ready.
        user: who brings them in.
        otherwise: whom rows of the table brought in before that were read otherwise.
    """
    keys: list[str | None] = rows["key"].to_list()
    made: list[str | None] = rows["fingerprint"].to_list()
    found = customers_meant(plan, brought.source, rows)
    converted = _converted(brought, rows)
    by_row = {each.by_id for each, row in zip(found, made, strict=True) if row and each.by_id is not None}
    anew = otherwise.among(by_row)
    decided, twice = Decided(), dict[int, int]()
    for place, (key, meant) in enumerate(zip(keys, found, strict=True)):
        customers = meant.customers or ([converted[place]] if place in converted else [])
        if len(customers) > 1:
            decided.refused[place] = _several(key, rows["id"][place], meant)
        elif not customers:
            _unknown(brought, decided, place, key)
        elif brought.mode == PeopleImport.Mode.CREATE:
            decided.refused[place] = _("it is known already, and only new ones are wanted")
        elif made[place] and customers[0] == meant.by_id and customers[0] not in anew:
            decided.unchanged[place] = customers[0]
        elif customers[0] in twice:
            decided.refused[place] = _("an earlier row of this file means the same customer")
        else:
            twice[customers[0]] = place
            decided.known[place] = customers[0]
            if converted.get(place) == customers[0]:
                decided.filled.add(customers[0])
    _leave_others(user, decided)
    _leave_forgotten(brought, plan, rows, decided)
    return decided


def _several(key: str | None, given: str | None, meant: Meant) -> str:
    if len(meant.by_key) > 1:
        return _('"%(key)s" is found at %(count)d customers') % {"key": key, "count": len(meant.by_key)}
    return _('"%(key)s" is of one customer, and the id "%(id)s" of another') % {"key": key, "id": given}


def _unknown(brought: PeopleImport, decided: Decided, place: int, key: str | None) -> None:
    if brought.mode == PeopleImport.Mode.UPDATE:
        decided.refused[place] = (
            _('nobody is known by "%(key)s", and only known ones are wanted') % {"key": key}
            if key
            else _("nothing in it tells whom it means, and only known ones are wanted")
        )
    else:
        decided.new.append(place)


def _leave_others(user: User | None, decided: Decided) -> None:
    others = others_of(user, [*decided.known.values(), *decided.unchanged.values()])
    for places in (decided.known, decided.unchanged):
        for place in [place for place, customer in places.items() if customer in others]:
            decided.refused[place] = _("it means a customer whom you may not change")
            del places[place]


def _leave_forgotten(brought: PeopleImport, plan: Plan, rows: pl.DataFrame, decided: Decided) -> None:
    """New ones who were forgotten are not taken in again; whatever else speaks against their row, that is why."""
    unknown = [*decided.new, *decided.refused]
    gone = {unknown[at] for at in of_forgotten(brought, plan, rows[unknown])}
    decided.refused |= dict.fromkeys(sorted(gone), WHY)
    decided.new = [place for place in decided.new if place not in gone]


def of_forgotten(brought: PeopleImport, plan: Plan, rows: pl.DataFrame) -> list[int]:
    """The places of rows that tell of somebody who was forgotten."""
    forgotten = forgotten_in(settings.WORKSPACE)
    if not forgotten or not rows.height:
        return []
    source = source_of(brought.source, plan.table.known_as)
    ids, made = rows["id"].to_list(), rows["fingerprint"].to_list()
    points = [(contact.kind, rows[f"c{number}_value"].to_list()) for number, contact in enumerate(plan.contacts)]

    def marks(at: int) -> list[Mark]:
        own = [Mark("id", ids[at])] if ids[at] else []
        own += [Mark("id", ids[at] or made[at], source)] if ids[at] or made[at] else []
        return own + [Mark(kind, told[at]) for kind, told in points if kind in {"email", "phone"} and told[at]]  # type: ignore[arg-type]

    return [at for at in range(rows.height) if forgotten.knows(marks(at))]


def _converted(brought: PeopleImport, rows: pl.DataFrame) -> dict[int, int]:
    """Leads that have become contacts mean those, who say more of themselves by now."""
    if not rows["converted_to"].is_not_null().any():
        return {}
    pointers = {place: Pointer("", value) for place, value in enumerate(rows["converted_to"].to_list()) if value}
    found = customers_pointed_to(brought.source, pointers.values())
    return {place: found[pointer] for place, pointer in pointers.items() if pointer in found}
