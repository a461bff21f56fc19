"""The contracts of the warehouse's tables: name, grain, columns with type and unit, who writes, who reads.

This module is the truth: `ARCHITECTURE.md`'s stage table is generated from it and a test holds the glossary against it.
"""

from collections.abc import Iterable

import pyarrow as pa

from keepers.warehouse.columns import MONEY, STAMP, Column, ContractError, Table, figure
from keepers.warehouse.plan_tables import ASSIGNMENTS, EFFECTS, MEASUREMENTS, PLAN_LINES, PLANS, WALLETS

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

CUSTOMER_SUMMARY = Table(
    "customer_summary",
    "customer × run",
    (
        Column("run_id", pa.string(), "run that computed it", required=True),
        Column("customer_id", pa.string(), "the customer", required=True),
        Column(
            "orders", pa.int64(), "occasions: local days with an order not fully cancelled", "occasions", required=True
        ),
        Column("repeat_orders", pa.int64(), "occasions after the first", "occasions", required=True),
        Column("first_order", pa.date32(), "first occasion seen", required=True),
        Column("last_order", pa.date32(), "last occasion", required=True),
        Column("age_at_last_order", pa.float64(), "first occasion to last", "days", required=True),
        Column("age", pa.float64(), "first occasion to as_of", "days", required=True),
        Column(
            "sum_log_gaps",
            pa.float64(),
            "sum of the logarithms of the gaps between occasions",
            "log days",
            required=True,
        ),
        Column("revenue", pa.float64(), "net of returns and discounts; null without money", "money"),
        Column(
            "mean_order_value",
            pa.float64(),
            "net revenue per occasion with an amount, the first included; null without money",
            "money",
        ),
        Column("valued_orders", pa.int64(), "occasions whose amount is known", "occasions"),
        Column("paid_orders", pa.int64(), "occasions with an amount above zero", "occasions"),
        Column("mean_log_value", pa.float64(), "mean logarithm of the amounts of the paid orders", "log money"),
        Column(
            "var_log_value",
            pa.float64(),
            "variance of the same around that mean, divided by their number",
            "log money²",
        ),
        Column("largest_order_value", pa.float64(), "amount of the largest occasion", "money"),
        Column(
            "margin_rate",
            pa.float64(),
            "(revenue − cost) ÷ revenue over lines with a cost; null where none has",
            "share",
        ),
        Column("location", pa.string(), "where the latest order with a known place was made"),
    ),
    "valuation",
    ("valuation", "insight"),
)


RUNS = Table(
    "runs",
    "run of the loop; its row is written last, so a run without a row is no run",
    (
        Column("run_id", pa.string(), "the run", required=True),
        Column("version", pa.string(), "version of Keepers that computed it", required=True),
        Column("started_at", STAMP, "when it began", "UTC", required=True),
        Column("seconds", pa.float64(), "how long it took", "seconds", required=True),
        Column("as_of", pa.date32(), "last local day it knows of", required=True),
        Column("first_order", pa.date32(), "first day of the data window"),
        Column("last_order", pa.date32(), "last day of the data window"),
        Column("currency", pa.string(), "reporting currency"),
        Column("grade", pa.string(), "what the backtest says of it"),
        Column("parameters", pa.string(), "JSON: the options it ran with", required=True),
        Column("diagnostics", pa.string(), "JSON: the fit with its warnings"),
        Column("input", pa.string(), "JSON: rows, customers, orders and money that went in"),
        Column("base", pa.string(), "JSON: what the base is worth"),
        Column("backtest", pa.string(), "JSON: how well the forecasts held"),
        Column("batches", pa.string(), "JSON: the imports that counted"),
    ),
    "loop",
    ("insight",),
)

FITS = Table(
    "fits",
    "model × run",
    (
        Column("run_id", pa.string(), "run that computed it", required=True),
        Column("model", pa.string(), "name of the model", required=True),
        Column("part", pa.string(), "purchases or spend", required=True),
        Column("parameters", pa.string(), "JSON: maximum-likelihood parameters by name", required=True),
        Column("draws", pa.string(), "JSON: posterior draws, one list a parameter"),
        Column("diagnostics", pa.string(), "JSON: convergence, log-likelihood, posterior checks, warnings"),
        Column("time_unit_days", pa.float64(), "length of the model's time unit", "days"),
        Column("grade", pa.string(), "what the backtest says of it"),
    ),
    "valuation",
    ("valuation", "insight"),
)

CUSTOMER_VALUES = Table(
    "customer_values",
    "customer × run",
    (
        Column("run_id", pa.string(), "run that computed it", required=True),
        Column("customer_id", pa.string(), "the customer", required=True),
        Column("orders", pa.int64(), "occasions", "occasions", required=True),
        Column("repeat_orders", pa.int64(), "occasions after the first", "occasions", required=True),
        Column("first_order", pa.date32(), "first occasion seen", required=True),
        Column("last_order", pa.date32(), "last occasion", required=True),
        figure("age_at_last_order", "first occasion to last", "time unit"),
        figure("age", "first occasion to as_of", "time unit"),
        figure("mean_order_value", "net revenue per occasion, the first included", "money"),
        figure("probability_alive", "chance that the customer still buys, given the history", "0–1"),
        figure("expected_orders", "mean occasions within the horizon", "occasions"),
        figure("orders_low", "5 % point of the outcome", "occasions"),
        figure("orders_high", "95 % point of the outcome", "occasions"),
        figure("expected_order_value", "mean revenue of an occasion to come", "money"),
        figure("period_value", "discounted margin within the horizon", "money"),
        figure("period_value_low", "5 % point of the outcome", "money"),
        figure("period_value_high", "95 % point of the outcome", "money"),
        figure("residual_value", "discounted margin up to the value cap", "money"),
        figure("residual_value_low", "5 % point of the outcome", "money"),
        figure("residual_value_high", "95 % point of the outcome", "money"),
        Column("next_order_due", pa.date32(), "day by which the next order comes with even chance"),
        figure("remaining_lifetime", "median time still a customer", "time unit"),
        Column("group", pa.string(), "what the history and value say of the customer"),
        Column("reason", pa.string(), "why, in words"),
        figure("chance_of_order", "chance of at least one occasion within the horizon", "0–1"),
        figure("chance_in_top_tenth", "chance to be among the tenth of the base with the most residual value", "0–1"),
        figure("chance_above_cost", "chance that the margin to come exceeds the cost to serve", "0–1"),
        Column("next_order_low", pa.date32(), "day by which the next order has come with a chance of 5 %"),
        Column("next_order_high", pa.date32(), "day by which it has come with a chance of 95 %; null: beyond the cap"),
        Column("told_apart_as", pa.string(), "who the customer is to the forecast; null: customers are not told apart"),
    ),
    "valuation",
    ("valuation", "insight"),
)

CUSTOMER_LINES = Table(
    "customer_lines",
    "line that counted × the two latest runs, ordered by customer and day: what a customer's page reads",
    (
        Column("run_id", pa.string(), "run that counted it", required=True),
        Column("customer_id", pa.string(), "the customer", required=True),
        Column("counts_on", pa.date32(), "local day of the order it counts toward", required=True),
        Column("source", pa.string(), "source of the order it counts toward", required=True),
        Column("order_id", pa.string(), "order it counts toward: of a matched return, the one returned", required=True),
        Column(
            "ordered_on", pa.date32(), "local day of the line itself; of a return, when it came back", required=True
        ),
        Column("ordered_at", STAMP, "moment of the line itself", "UTC", required=True),
        Column("line_number", pa.int64(), "position within its own order", required=True),
        Column("line_kind", pa.string(), "as in order_lines", required=True),
        Column("makes_occasion", pa.bool_(), "a sale of an order that was not fully cancelled", required=True),
        Column("is_matched", pa.bool_(), "a return whose order is known", required=True),
        Column("product_id", pa.string(), "product code"),
        Column("product_name", pa.string(), "what the product was called at the run"),
        Column("category", pa.string(), "the product's group at the run"),
        Column("quantity", pa.float64(), "pieces; negative for a return"),
        Column("revenue", MONEY, "as in order_lines, in the reporting currency", "money"),
        Column("cost", MONEY, "cost of the goods, in the reporting currency", "money"),
        Column("discount", MONEY, "discount already taken off revenue, in the reporting currency", "money"),
        Column("channel", pa.string(), "where it was bought"),
        Column("payment_method", pa.string(), "how it was paid"),
        Column("location", pa.string(), "shop, city or country"),
    ),
    "loop",
    ("loop",),
)

NEXT_PRODUCTS = Table(
    "next_products",
    "customer × product that they may buy next × the two latest runs, ordered by customer",
    (
        Column("run_id", pa.string(), "run that proposed it", required=True),
        Column("customer_id", pa.string(), "the customer", required=True),
        Column("product_id", pa.string(), "product code", required=True),
        Column("product_name", pa.string(), "what the product was called at the run"),
        Column("rank", pa.int64(), "place among what the customer buys next; null: only kept to offer it"),
        Column("proposal", pa.string(), "what kind it is: again, new or step up", required=True),
        figure("chance", "chance that the customer buys it within four weeks, without an offer", "0–1"),
        Column("reason", pa.string(), "why, in words", required=True),
        Column("offer_rank", pa.int64(), "place among those to offer the product to; null: it is not worth it"),
        figure("chance_offered", "the same chance with the offer", "0–1"),
        figure("cost", "of telling the customer, and the discount to be expected", "money"),
        figure("expected_gain", "margin that the offer is expected to add, after its cost", "money"),
        figure("expected_gain_low", "5 % point of that expectation over what the effect may be", "money"),
        figure("expected_gain_high", "95 % point of the same", "money"),
        Column("evidence", pa.string(), "what the gain rests on: assumed, observed or randomised"),
    ),
    "decisions",
    ("publish", "loop"),
)

INSIGHTS = Table(
    "insights",
    "run × insight × view (its calendar period, null for the insight's own)",
    (
        Column("run_id", pa.string(), "run that computed it", required=True),
        Column("insight", pa.string(), "name of the insight", required=True),
        Column("by", pa.string(), "calendar period of the view; null: the insight's own choice"),
        Column(
            "answer", pa.string(), "JSON: the whole answer, as insight/keeping.py writes and reads it", required=True
        ),
    ),
    "insight",
    ("insight",),
)

_TABLES = (
    BATCHES,
    ORDER_LINES,
    PRODUCTS,
    CUSTOMER_ATTRIBUTES,
    CUSTOMER_KEYS,
    EXCHANGE_RATES,
    INTERACTIONS,
    TOMBSTONES,
    CUSTOMER_SUMMARY,
    FITS,
    CUSTOMER_VALUES,
    CUSTOMER_LINES,
    NEXT_PRODUCTS,
    ASSIGNMENTS,
    EFFECTS,
    MEASUREMENTS,
    INSIGHTS,
    RUNS,
    PLAN_LINES,
    PLANS,
    WALLETS,
)


def all_tables() -> Iterable[Table]:
    """Every table of the warehouse, in the order of the loop."""
    return _TABLES


def table_named(name: str) -> Table:
    """The contract of one table.

    Raises:
        ContractError: no table has this name.
    """
    for table in _TABLES:
        if table.name == name:
            return table
    raise ContractError(f'There is no table "{name}". Tables are: {", ".join(table.name for table in _TABLES)}.')
