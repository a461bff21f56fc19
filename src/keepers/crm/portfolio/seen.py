"""What of the portfolio somebody may see: whose values, which columns, and whom an insight may name to them."""

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Q
from django.utils.translation import gettext as _

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.queries import customers_for
from keepers.crm.lists.columns import Column
from keepers.crm.lists.filters import Filter
from keepers.crm.lists.listing import Grouping
from keepers.crm.people.models import User
from keepers.crm.people.rights import belongs, sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.insight.answers import Answer

NAMES = "customer_id"  # the column of an answer that says who is meant


def whose(user: User, path: str, verb: Verb = Verb.SEE) -> Q:
    """The condition that a value is of a customer to whom the user may do this.

    Args:
        user: who asks.
        path: the lookup that leads to the value.
        verb: what they want to do.
    """
    seen = belongs(user, Verb.SEE, Noun.CUSTOMERS, f"{path}customer__")
    return seen if verb == Verb.SEE else seen & belongs(user, verb, Noun.CUSTOMERS, f"{path}customer__")


def columns_for(user: User, columns: Iterable[Column]) -> list[Column]:
    """The columns without what is hidden from the user, in files too."""
    hidden = hidden_of_customers(user)
    kept = (column for column in columns if column.name not in hidden)
    return [replace(column, more=[each for each in column.more if each[0] not in hidden]) for column in kept]


def filters_for(user: User, filters: Iterable[Filter]) -> list[Filter]:
    """The filters without those by which somebody would find out what is hidden from them."""
    hidden = hidden_of_customers(user)
    return [each for each in filters if each.name not in hidden]


def groupings_for(user: User, groupings: Iterable[Grouping]) -> list[Grouping]:
    """What may be counted without telling what is hidden."""
    hidden = hidden_of_customers(user)
    return [each for each in groupings if each.name not in hidden]


def answer_for(user: User, answer: Answer) -> Answer | None:
    """An answer as the user may read it: of the customers it names, those whom they see; None where these are none."""
    if NAMES not in answer.rows.column_names or sees_all(user, Noun.CUSTOMERS):
        return answer
    named = {key for key in answer.rows[NAMES].to_pylist() if key is not None}
    seen = pa.array(sorted(customers_for(user).filter(key__in=named).values_list("key", flat=True)), pa.string())
    rows, shown, drawn = (_only(table, seen) for table in (answer.rows, answer.table, answer.pictured))
    if not drawn.num_rows:
        return None
    finding = _("Of those who bought most, the customers whom you may see.")
    return replace(answer, finding=finding, rows=rows, shown=shown, drawn=drawn)


def look_of_names(answer: Answer) -> str:
    """What tells the picture of one reader from another's; empty where it names nobody."""
    if NAMES not in answer.rows.column_names:
        return ""
    return sha256("\n".join(map(str, answer.pictured[NAMES].to_pylist())).encode()).hexdigest()[:12]


def _only(table: pa.Table, seen: pa.Array) -> pa.Table:
    return table.filter(pc.is_in(table[NAMES], value_set=seen))
