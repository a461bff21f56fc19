"""What a user does not see of customers: the fields that are hidden from them, and what is computed from these."""

from keepers.crm.customers.computed.counting import COMPUTED
from keepers.crm.customers.computed.defining import in_turn
from keepers.crm.customers.computed.sources import sources
from keepers.crm.customers.models import CustomField
from keepers.crm.customers.typed import OF_FIELDS
from keepers.crm.people.models import User
from keepers.crm.people.rights import hidden_fields, may
from keepers.crm.people.roles import Noun, Verb


def hidden_of_customers(user: User) -> frozenset[str]:
    """Names of fields; a roll-up of things that the user sees none of is among them."""
    hidden = hidden_fields(user, Noun.CUSTOMERS)
    unseen = {source.name for source in sources() if not may(user, Verb.SEE, source.noun)}
    if not hidden and not unseen:
        return hidden
    found = set(hidden)
    for field in in_turn(CustomField.objects.filter(COMPUTED)):
        if field.roll_up.get("of") in unseen or found & set(field.reads):
            found.add(f"{OF_FIELDS}{field.key}")
    return frozenset(found)
