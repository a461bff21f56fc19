"""What a formula would say of some customers, before anybody keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from keepers.crm.customers.computed.formulas import formula_of
from keepers.crm.customers.computed.functions import Value
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.computed.known import known_of, variables
from keepers.crm.customers.computed.notation import FormulaError
from keepers.crm.customers.models import Customer, CustomField
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed
from keepers.crm.people.roles import Noun, Verb

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Tried:
    """What a formula says: the kind that comes out, and the value of some customers."""

    kind: str
    values: Sequence[tuple[Customer, Value]]


def tried(text: str, user: User, *, today: date) -> Tried:
    """What it says of the newest customers whom the user sees.

    Raises:
        FormulaError: it cannot be read, or reads what is hidden from the user.
    """
    fields = {field.key: field for field in CustomField.objects.filter(noun="customers", removed_at=None)}
    formula = formula_of(text, variables(fields.values()))
    if hidden := sorted(formula.reads & hidden_of_customers(user)):
        raise FormulaError(f"Your role does not show you {', '.join(hidden)}, so you cannot try this here.")
    customers = list(allowed(user, Verb.SEE, Noun.CUSTOMERS, Customer.objects.order_by("-pk"))[:SHOWN])
    known = known_of([each.pk for each in customers], formula.reads, fields)
    return Tried(formula.kind, [(each, formula.value(known[each.pk], today=today)) for each in customers])
