"""What was told: imports, the order lines that they brought, products, rates of exchange, acts at touch points."""

import pyarrow as pa

from keepers.warehouse.columns import MONEY, STAMP, Column, Table

BATCHES = Table(
    "batches",
    "state of an import: each switch on or off appends a row, the highest version counts",
    (
        Column("batch_id", pa.string(), "the import", required=True),
        Column("version", pa.int64(), "1 when it came in, one more at each switch", required=True),
        Column("sequence", pa.int64(), "its place in the order of imports, kept when switched", required=True),
        Column("active", pa.bool_(), "whether its lines count", required=True),
        Column("source", pa.string(), "as in order_lines", required=True),
        Column("recorded_at", STAMP, "when this state was written", "UTC", required=True),
        Column("fingerprint", pa.string(), "hash of the files and of how they were read", required=True),
        Column("files", pa.string(), "JSON: path, format, encoding, delimiter, sha256 and rows of each file"),
        Column("mapping", pa.string(), "JSON: column, header, score and why of each column"),
        Column("has_order_ids", pa.bool_(), "whether the source names its orders; else customer and day stand in"),
        Column("rows_read", pa.int64(), "rows in the files", "rows"),
        Column("rows_accepted", pa.int64(), "rows that became lines", "rows"),
        Column("rows_rejected", pa.int64(), "rows set aside with a reason", "rows"),
        Column("rows_without_customer", pa.int64(), "accepted rows that name no customer", "rows"),
        Column("revenue", pa.string(), "JSON: accepted revenue by currency", "money"),
        Column("first_order", pa.date32(), "first local day in the batch"),
        Column("last_order", pa.date32(), "last local day in the batch"),
        Column("rows_forgotten", pa.int64(), "accepted rows that went with customers who were forgotten", "rows"),
    ),
    "ingest",
    ("valuation", "insight"),
)

ORDER_LINES = Table(
    "order_lines",
    "line of an order",
    (
        Column("source", pa.string(), "where the line came from: the name of a file set, shop or API", required=True),
        Column("batch_id", pa.string(), "import that brought it", required=True),
        Column(
            "order_id",
            pa.string(),
            "the source's order; customer and local day where the source has none",
            required=True,
        ),
        Column("line_number", pa.int64(), "position within the order, from 1", required=True),
        Column("external_id", pa.string(), "the source's own customer id; null: a sale without a known customer"),
        Column("ordered_at", STAMP, "moment of the order", "UTC", required=True),
        Column("ordered_on", pa.date32(), "local date of the order in the firm's zone", required=True),
        Column(
            "line_kind", pa.string(), "sale, return, or what is no product: postage, fee, adjustment", required=True
        ),
        Column("cancels_order_id", pa.string(), "order that this line cancels, where the source says so"),
        Column("product_id", pa.string(), "product code"),
        Column("quantity", pa.float64(), "pieces; negative for a return"),
        Column(
            "revenue", MONEY, "net of discounts; negative for a return; null where the source has no money", "money"
        ),
        Column("cost", MONEY, "cost of the goods", "money"),
        Column("discount", MONEY, "discount already taken off revenue", "money"),
        Column("channel", pa.string(), "where it was bought: web, shop, phone …"),
        Column("payment_method", pa.string(), "how it was paid"),
        Column("location", pa.string(), "shop, city or country"),
        Column("currency", pa.string(), "ISO 4217 code of the money columns; null: the reporting currency"),
        Column("acquisition_source", pa.string(), "what brought the customer: a campaign, a partner, a search"),
        Column("segment", pa.string(), "the group that the source counts the customer to"),
    ),
    "ingest",
    ("valuation", "insight"),
)

PRODUCTS = Table(
    "products",
    "product of a source, as a batch describes it",
    (
        Column("source", pa.string(), "as in order_lines", required=True),
        Column("batch_id", pa.string(), "import that brought it", required=True),
        Column("product_id", pa.string(), "product code", required=True),
        Column("name", pa.string(), "what it is called"),
        Column("category", pa.string(), "its group in the source"),
        Column("brand", pa.string(), "its maker"),
        Column("price", MONEY, "list price", "money"),
        Column("cost", MONEY, "unit cost", "money"),
    ),
    "ingest",
    ("insight",),
)

EXCHANGE_RATES = Table(
    "exchange_rates",
    "currency × day from which the rate holds",
    (
        Column("rated_on", pa.date32(), "first local day of the rate", required=True),
        Column("currency", pa.string(), "ISO 4217 code of the money to convert", required=True),
        Column("rate", pa.float64(), "reporting currency for one unit of this one", "money per money", required=True),
        Column("converts_to", pa.string(), "ISO 4217 code of the money to convert to"),
        Column("version", pa.int64(), "1 at first, one more when tables of another currency to convert to are kept"),
    ),
    "ingest",
    ("valuation", "insight"),
)

INTERACTIONS = Table(
    "interactions",
    "state of one act at any touch point: each change appends a row, the highest version counts",
    (
        Column("source", pa.string(), "where the act is known from; keepers: the app", required=True),
        Column("batch_id", pa.string(), "outbox or inbox batch that brought it", required=True),
        Column("interaction_id", pa.string(), "the source's own id of the act", required=True),
        Column("version", pa.int64(), "higher at each change; of what was told here 1, 2, 3 …", required=True),
        Column("external_id", pa.string(), "the source's own customer id", required=True),
        Column("happened_at", STAMP, "moment of the act", "UTC", required=True),
        Column("touch_kind", pa.string(), "call, visit, letter, e-mail, catalog, web, ticket, survey …", required=True),
        Column("direction", pa.string(), "in: the customer came to us; out: we went to them; null: neither"),
        Column("campaign", pa.string(), "campaign that it belongs to"),
        Column("channel", pa.string(), "where it took place, where the kind does not say"),
        Column("title", pa.string(), "what it was about, in a few words"),
        Column("outcome", pa.string(), "what came of it"),
        Column("touch_cost", MONEY, "what the act cost the firm", "money"),
        Column("currency", pa.string(), "as in order_lines"),
        Column("minutes", pa.int64(), "how long it took", "minutes"),
        Column("actor", pa.string(), "who of the firm did it"),
        Column("is_removed", pa.bool_(), "whether this version takes the act back", required=True),
    ),
    "CRM",
    ("loop",),
)
