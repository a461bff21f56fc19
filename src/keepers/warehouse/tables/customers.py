"""Who customers are: how sources describe them, which of their ids are one customer, and who was forgotten."""

import pyarrow as pa

from keepers.warehouse.columns import MONEY, STAMP, Column, Table

CUSTOMER_ATTRIBUTES = Table(
    "customer_attributes",
    "customer of a source, as a batch describes it",
    (
        Column("source", pa.string(), "as in order_lines", required=True),
        Column("batch_id", pa.string(), "import that brought it", required=True),
        Column("external_id", pa.string(), "the source's own customer id", required=True),
        Column("name", pa.string(), "what the customer is called"),
        Column("email", pa.string(), "e-mail address, in small letters"),
        Column("phone", pa.string(), "telephone number, as the source writes it"),
        Column("city", pa.string(), "where the customer lives or is billed"),
        Column("country", pa.string(), "the country of the same, as the source writes it"),
        Column("street", pa.string(), "street and house number, of the address to which the city belongs"),
        Column("postal_code", pa.string(), "postal code of the same, as the source writes it"),
        Column("described_on", pa.date32(), "local date of the latest order line that it came from", required=True),
        Column("version", pa.int64(), "of what the desks told of how they came: the highest counts; null: of a file"),
        Column("acquisition_source", pa.string(), "what brought the customer, as the desks told it"),
        Column("acquired_on", pa.date32(), "day on which they came, as the desks told it"),
        Column("acquisition_cost", MONEY, "what it cost to win them, as the desks told it", "money"),
        Column("referred_by", pa.string(), "id of the customer who brought them, as the desks told it"),
    ),
    "ingest",
    ("publish", "valuation"),
)

CUSTOMER_KEYS = Table(
    "customer_keys",
    "source × external id × version: the highest version counts",
    (
        Column("source", pa.string(), "as in order_lines", required=True),
        Column("external_id", pa.string(), "the source's own customer id", required=True),
        Column("version", pa.int64(), "1 at first, one more when customers are merged or parted", required=True),
        Column("customer_id", pa.string(), "the customer; an id without a row stands for itself", required=True),
    ),
    "ingest",
    ("valuation", "insight"),
)

TOMBSTONES = Table(
    "tombstones",
    "what somebody who was forgotten was known by, as a keyed hash, so that nothing of theirs comes in again",
    (
        Column("tombstone", pa.string(), "keyed hash of the id, the e-mail address or the number", required=True),
        Column("forgotten_at", STAMP, "when they were forgotten", "UTC", required=True),
    ),
    "forgetting",
    ("ingest", "CRM"),
)
