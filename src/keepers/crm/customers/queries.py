"""Finding customers."""

from keepers.crm.customers.models import Customer
from keepers.crm.customers.words import called


def customers_called(words: str, *, most: int) -> list[Customer]:
    """Customers with all these words, or beginnings of words, in name, key or e-mail; whose key it is comes first."""
    exact = Customer.objects.filter(key=words.strip()).first()
    first = [] if exact is None else [exact]
    found = Customer.objects.filter(called(words)).order_by("pk")[:most]
    return [*first, *(other for other in found if other != exact)][:most]
