"""What to do with whom: plans with their lines, what customers may buy next, what they spend elsewhere."""

import pyarrow as pa

from keepers.warehouse.columns import STAMP, Column, Table, figure

PLAN_LINES = Table(
    "plan_lines",
    "customer × plan",
    (
        Column("plan_id", pa.string(), "the plan", required=True),
        Column("run_id", pa.string(), "run whose draws it rests on", required=True),
        Column("customer_id", pa.string(), "the customer", required=True),
        Column("decision", pa.string(), "keep, grow, win back, serve cheaper, stop spending or let go", required=True),
        Column("action", pa.string(), "what to do, in words", required=True),
        Column("level", pa.string(), "relationship level: basic, reactive, accountable, proactive, partnership"),
        figure("contacts", "mailings or other contacts a year beside the level's own", "contacts a year"),
        figure("cost", "what the line costs over a year", "money"),
        figure("staff_hours", "what it takes of people's time over a year", "hours"),
        figure("expected_gain", "discounted margin that the line is expected to add, after its cost", "money"),
        figure("expected_gain_low", "5 % point of that expectation over draws of parameters and effects", "money"),
        figure("expected_gain_high", "95 % point of the same", "money"),
        figure("net_value", "residual value less what serving costs while somebody is a customer", "money"),
        figure("net_value_low", "5 % point of the outcome", "money"),
        figure("net_value_high", "95 % point of the outcome", "money"),
        figure("chance_above_cost", "chance that the margin to come exceeds the cost to serve", "0–1"),
        figure("current_profit", "margin a year so far, less what a year of serving costs", "money a year"),
        figure("value_at_stake", "the whole future stream that is lost with the customer", "money"),
        figure("chance_back", "chance that somebody so long silent orders within a year by themselves", "0–1"),
        figure("mailed_margin", "margin that a year of mailings brings, those of today or the most", "money"),
        figure(
            "mailed_margin_low", "5 % point of that expectation over draws of parameters and effects", "money a year"
        ),
        figure("mailed_margin_high", "95 % point of the same", "money"),
        figure("propensity", "chance with which the line was chosen; below 1 where some are drawn to learn", "0–1"),
        Column("evidence", pa.string(), "what the gain rests on: assumed, observed or randomised", required=True),
        Column("reason", pa.string(), "why, in words", required=True),
        Column("guards", pa.string(), "what forbids to let the customer go, a sentence each; null: nothing does"),
        Column("remedies", pa.string(), "JSON: what to try before giving up, in order of expected gain"),
    ),
    "decisions",
    ("publish", "loop"),
)

PLANS = Table(
    "plans",
    "plan, its row written after its lines",
    (
        Column("plan_id", pa.string(), "the plan", required=True),
        Column("run_id", pa.string(), "run whose draws it rests on", required=True),
        Column("made_at", STAMP, "when it was made; of several the latest counts", "UTC", required=True),
        Column("limits", pa.string(), "JSON: limits that a person set for it and for those after it", required=True),
        Column("account", pa.string(), "JSON: what `keepers plan --json` says of it", required=True),
        Column("draws", pa.string(), "JSON: joint draws of each step's gain, in the order of the steps", required=True),
    ),
    "decisions",
    ("publish",),
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
        figure("cost_beside", "what of the cost no margin holds that an experiment measured", "money"),
        figure("expected_gain", "margin that the offer is expected to add, after its cost", "money"),
        figure("expected_gain_low", "5 % point of that expectation over what the effect may be", "money"),
        figure("expected_gain_high", "95 % point of the same", "money"),
        Column("evidence", pa.string(), "what the gain rests on: assumed, observed or randomised"),
    ),
    "decisions",
    ("publish", "loop"),
)

WALLETS = Table(
    "wallets",
    "customer × moment at which a share of wallet was learned; the latest counts",
    (
        Column("customer_id", pa.string(), "the customer", required=True),
        Column("known_at", STAMP, "when it was learned", "UTC", required=True),
        figure("share_of_wallet", "part of the customer's spend in the category that comes to us", "share"),
        figure("share_of_wallet_low", "5 % point of the same", "share"),
        figure("share_of_wallet_high", "95 % point of the same", "share"),
        figure("elsewhere", "what the customer spends in the category with others; null: own spend unknown", "money"),
        Column("wallet_evidence", pa.string(), "spend, rank, spend and rank, or segment", required=True),
    ),
    "decisions",
    ("decisions",),
)
