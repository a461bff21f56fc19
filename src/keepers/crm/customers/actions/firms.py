"""What this firm is."""

from django.db import transaction

from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Firm
from keepers.crm.people.audit import differences
from keepers.crm.people.roles import Noun


def describe(act: Act, *, name: str, country: str) -> None:
    """Keep the firm's name, and the country that telephone numbers without a code are from."""
    with transaction.atomic():
        firm = Firm.objects.first() or Firm()
        before, after = {"name": firm.name, "country": firm.country}, {"name": name.strip(), "country": country}
        firm.name, firm.country = after["name"], country
        firm.save()
        act.note("edit", None, differences(before, after, after), noun=Noun.SETTINGS)
