"""What a run of the loop computed: lines that counted, summaries, fits, values and insights."""

import pyarrow as pa

from keepers.warehouse.columns import MONEY, STAMP, Column, Table, figure

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
