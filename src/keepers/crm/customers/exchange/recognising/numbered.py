"""Tables of customers whose ids are those by which orders know them, as the customer numbers of one's own ERP are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.layout import Table, source_of
from keepers.crm.customers.exchange.recognising.sampled import Sampled
from keepers.crm.customers.models import Customer, ExternalKey
from keepers.crm.customers.models.lives import MADE_UP
from keepers.crm.customers.writing.chunks import listed

NEARLY_ALL = 0.9  # of the ids of a table, the share that orders know
_COUNTED = r"^\d{1,3}$"  # any table may count its rows so, and means others


def found_as_in_orders(sampled: Sequence[Sampled], source: str) -> list[Sampled]:
    """The tables, those with the ids of customers in orders to be found by them.

    Args:
        sampled: the tables.
        source: under which the ids of their system are known; who came in by them is found by them again.
    """
    return [
        replace(each, table=replace(each.table, key="key")) if _are_of_orders(each, source) else each
        for each in sampled
    ]


def _are_of_orders(each: Sampled, source: str) -> bool:
    header = each.table.header_of("id")
    if not each.table.is_people or each.table.identity != "id" or header not in each.rows.columns:
        return False
    ids = cells.text_of(each.rows[header]).drop_nulls().unique()
    telling = ids.filter(~ids.str.contains(_COUNTED) & ~ids.str.starts_with(MADE_UP)).to_list()
    least = NEARLY_ALL * len(ids)
    if not telling or len(telling) < least or _known_already(each.table, telling, source) >= least:
        return False
    known = dict(Customer.everyone.filter(key__in=listed(telling)).values_list("key", "email"))
    return len(known) >= least and not _are_others(each, header, known)


def _are_others(each: Sampled, header: str, known: Mapping[str, str]) -> bool:
    """Whether most of those who have an e-mail on both sides have another one: numbers that only look alike."""
    told = each.table.header_of("email")
    if told not in each.rows.columns:
        return False
    rows = each.rows.select(cells.text_of(each.rows[header]), cells.text_of(each.rows[told]).str.to_lowercase())
    alike = [known[key].casefold() == email for key, email in rows.drop_nulls().iter_rows() if known.get(key)]
    return alike.count(False) > len(alike) / 2


def _known_already(table: Table, ids: Collection[str], source: str) -> int:
    return ExternalKey.objects.filter(source=source_of(source, table.known_as), external_id__in=listed(ids)).count()
