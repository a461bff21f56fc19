"""Who speaks for organisations, whom their rows name beside them: made where nobody so called works there yet."""

from collections.abc import Sequence
from hashlib import sha256

import polars as pl
from django.conf import settings

from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.exchange.landing.creating import KEY, Bringing, create_named
from keepers.crm.customers.exchange.landing.relating import Told, add
from keepers.crm.customers.exchange.landing.resolving import customers_meant, others_of
from keepers.crm.customers.exchange.models import PeopleImport, Piece
from keepers.crm.customers.exchange.recognising.layout import source_of
from keepers.crm.customers.models import Customer, ExternalKey, Relation
from keepers.crm.customers.writing import bulk_rows, chunks
from keepers.loop.tombstones import forgotten_in

SPEAKING = "speaking"  # what their ids are known as: the organisation's, with their name
LONGEST_ID = 255


def relate_speakers(piece: Piece, bringing: Bringing, rows: pl.DataFrame) -> None:
    """Bring organisations together with who speaks for them; call it inside the piece's transaction.

    Whom an import made is known again by the id of the organisation and the name, whatever they are called by then, and
    after they were forgotten. Who worked there and left has not come back because a list still names them.
    """
    told = _told(piece, bringing, rows)
    source = source_of(piece.of.source, SPEAKING)
    ids = {key for _pk, _name, key, _owner in told}
    made_before = ExternalKey.objects.filter(source=source, external_id__in=chunks.listed(ids))
    there = set(made_before.values_list("external_id", flat=True))
    there |= forgotten_in(settings.WORKSPACE).among(ids, source=source)
    workers = Relation.objects.filter(kind=Relation.Kind.WORKS_AT, other_id__in={pk for pk, *_others in told})
    working = set(workers.values_list("other_id", "customer__name"))
    new = [each for each in told if each[2] not in there and (each[0], each[1]) not in working]
    names, owners = [each[1] for each in new], [each[3] for each in new]
    made = create_named(bringing, names, kind=Customer.Kind.PERSON, owners=owners)
    bulk_rows.add(ExternalKey, KEY, [(pk, source, each[2]) for pk, each in zip(made, new, strict=True)])
    add(piece, {(pk, each[0], Relation.Kind.WORKS_AT.value): Told() for pk, each in zip(made, new, strict=True)})
    changed([*made, *{each[0] for each in new}], at=bringing.at)
    piece.added |= {"customers": chunks.runs(made), "speakers": len(made)}


def _told(piece: Piece, bringing: Bringing, rows: pl.DataFrame) -> Sequence[tuple[int, str, str, str | None]]:
    """Organisation, name, id and owner of who speaks for it, each once."""
    brought, found = piece.of, dict[str, tuple[int, str, str, str | None]]()
    if brought.mode == PeopleImport.Mode.UPDATE:
        return ()
    meant = customers_meant(bringing.plan, brought.source, rows)
    alone = {at: each.customers[0] for at, each in enumerate(meant) if len(each.customers) == 1}
    others = others_of(brought.by, alone.values())
    organisations = Customer.objects.filter(pk__in=set(alone.values()) - others, kind=Customer.Kind.ORGANISATION)
    may = set(organisations.values_list("pk", flat=True))
    cells = zip(rows["contact"].to_list(), rows["id"].to_list(), rows["owner"].to_list(), strict=True)
    for at, (name, given, owner) in enumerate(cells):
        if name and alone.get(at) in may:
            key = _id_of(given or str(alone[at]), name)
            found.setdefault(key, (alone[at], name, key, owner))
    return list(found.values())


def _id_of(organisation: str, name: str) -> str:
    """What they are known by; of names too long for it the end is told by its digest."""
    whole = f"{organisation}: {name}"
    if len(whole) <= LONGEST_ID:
        return whole
    digest = sha256(whole.encode()).hexdigest()
    return f"{whole[: LONGEST_ID - len(digest)]}{digest}"
