"""Who acts, when, and by which way it came; and the row that this leaves in the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

from keepers.crm.customers.acquisitions import FIELDS, tell_acquisitions
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.models import Customer
from keepers.crm.people import audit
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody does something; `by` is None for a rule or a machine."""

    by: User | None
    at: datetime
    via: str = ""  # empty: by which `by` came in

    def note(
        self, verb: str, thing: Model | None, changes: Mapping[str, Any] | None = None, *, noun: str = Noun.CUSTOMERS
    ) -> None:
        """Add the row to the audit log; call it inside the action's transaction."""
        plain = {name: _plain(change) for name, change in (changes or {}).items()}
        audit.record(at=self.at, actor=self.by, verb=verb, noun=noun, thing=thing, changes=plain, via=self.via)

    def touched(self, customer: Customer, **changes: Any) -> None:
        """Write fields of a customer, and that they were changed just now."""
        for name, value in changes.items():
            setattr(customer, name, value)
        customer.changed_at = self.at
        customer.save(update_fields=[*changes, "changed_at"])
        changed([customer.pk], at=self.at)
        if FIELDS & set(changes):
            tell_acquisitions([customer.pk], at=self.at)


def _plain(value: Any) -> Any:
    """As JSON can hold it."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Model) else value
