"""A shop whose run is shown on the pages, for a few of its customers, written without the publishing itself."""

import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from keepers.crm.customers.models import Customer
from keepers.crm.portfolio.models import CurrentPublication, CustomerValue, Publication
from keepers.loop.insights.customer_record import kept_run
from keepers.warehouse.store import Store

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
_PLACES = ("value", "low", "chance", "last_order", "next_due")


def show(run_id: str, *keys: str) -> Publication:
    """Point the pages to a run of the workspace, with these customers; one whom it does not value has no value."""
    with settings.WORKSPACE.opened() as store:
        run = kept_run(store, run_id)
        values = _values(store, run_id)
        parameters = json.loads(store.query("record_run", run_id=run_id).to_pylist()[0]["parameters"])
    publication = Publication.objects.create(
        run_id=run_id, as_of=run.as_of, currency="EUR", started_at=NOON, run={"parameters": parameters}
    )
    CurrentPublication.objects.all().delete()
    CurrentPublication.objects.create(publication=publication, changed_at=NOON)
    for key in keys:
        customer, _new = Customer.objects.get_or_create(key=key)
        if key in values:
            _write(publication, customer, values[key])
    return publication


def _values(store: Store, run_id: str) -> dict[str, dict[str, Any]]:
    return {row["customer_id"]: row for row in store.query("values_of_run", run_id=run_id).to_pylist()}


def _write(publication: Publication, customer: Customer, row: dict[str, Any]) -> None:
    known = {field.name for field in CustomerValue._meta.get_fields()}
    figures = {name: figure for name, figure in row.items() if name in known and figure is not None}
    places = dict.fromkeys((f"place_by_{name}" for name in _PLACES), 0)
    number = CustomerValue.number(publication.pk, customer.pk)
    CustomerValue.objects.create(id=number, publication=publication, customer=customer, **figures, **places)
