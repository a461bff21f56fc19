"""What changes customers: each action one transaction."""

from django.db import transaction

from keepers.crm.customers.models import Customer

LONGEST_NAME = 255


def rename(customer: Customer, name: str) -> None:
    """Call a customer by a name given by hand, which imports leave alone; an empty one goes back to the imports'.

    The name that an import brings comes back with the next run that is shown.
    """
    with transaction.atomic():
        customer.name = " ".join(name.split())[:LONGEST_NAME]
        customer.named_by_hand = bool(customer.name)
        customer.save(update_fields=["name", "named_by_hand"])
