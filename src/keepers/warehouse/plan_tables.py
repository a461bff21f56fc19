"""The contracts of the tables behind acting: what is planned, who is held out by lot, and what it brought."""

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
    ("publish",),
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

ASSIGNMENTS = Table(
    "assignments",
    "customer × experiment: which arm, by lot, before anything is sent",
    (
        Column("experiment", pa.string(), "name of the experiment", required=True),
        Column("customer_id", pa.string(), "the customer", required=True),
        Column("arm", pa.string(), "what is done with the customer; held out: nothing", required=True),
        Column("probability", pa.float64(), "chance that the lot had of giving this arm", "0–1", required=True),
        Column("action", pa.string(), "what the experiment does, as the plan calls it", required=True),
        Column("cluster", pa.string(), "what was drawn as one, such as a region or a week; null: the customer alone"),
        Column("seed", pa.int64(), "number that the lots follow from", required=True),
        Column("assigned_at", STAMP, "moment of the lot", "UTC", required=True),
        Column("held_until", pa.date32(), "last local day on which outcomes count and nobody may treat the held-out"),
        figure("cost", "what the action costs with this customer within the window; null: nobody said", "money"),
    ),
    "experiments",
    ("experiments", "decisions"),
)

EFFECTS = Table(
    "effects",
    "experiment × arm, or action × group: what was known at one moment, the latest counts",
    (
        Column("action", pa.string(), "what was done, as the plan calls it", required=True),
        Column("group", pa.string(), "group of customers that it holds for; null: everybody"),
        Column("experiment", pa.string(), "experiment that measured it; null: learned from several, or from history"),
        Column("arm", pa.string(), "arm of the experiment; null as above"),
        figure("orders_lift", "occasions more a head within the window than without the action", "occasions"),
        figure("orders_lift_low", "lower end of its 90 % interval", "occasions"),
        figure("orders_lift_high", "upper end of its 90 % interval", "occasions"),
        figure("orders_lift_error", "its standard error, as if looked at once", "occasions"),
        figure("orders_held", "occasions a head of the held-out within the window", "occasions"),
        figure(
            "margin_lift", "margin more a head within the window than without, before what the action costs", "money"
        ),
        figure("margin_lift_low", "lower end of its 90 % interval", "money"),
        figure("margin_lift_high", "upper end of its 90 % interval", "money"),
        figure("margin_lift_error", "its standard error, as if looked at once", "money"),
        figure("kept_lift", "worth more a head, at the window's end, in customers who are still there", "money"),
        figure("kept_lift_low", "lower end of its 90 % interval", "money"),
        figure("kept_lift_high", "upper end of its 90 % interval", "money"),
        figure("kept_lift_error", "its standard error, as if looked at once", "money"),
        figure("whole_lift", "margin and kept worth together more a head, before what the action costs", "money"),
        figure("whole_lift_low", "lower end of its 90 % interval", "money"),
        figure("whole_lift_high", "upper end of its 90 % interval", "money"),
        figure("whole_lift_error", "its standard error, as if looked at once", "money"),
        figure("orders_factor", "what it multiplies orders by while somebody is a customer", "factor"),
        figure("orders_factor_error", "its standard error, as if looked at once", "factor"),
        figure("leaving_factor", "what it multiplies the rate of leaving by", "factor"),
        figure("leaving_factor_error", "its standard error, as if looked at once", "factor"),
        Column("people", pa.int64(), "customers that were treated", required=True),
        Column("people_held", pa.int64(), "customers that were held out", required=True),
        Column("method", pa.string(), "how it was learned: difference, pooled, adjusted history", required=True),
        Column("evidence", pa.string(), "what it rests on: randomised, observed, assumed", required=True),
        Column("measured_at", STAMP, "moment of the measuring", "UTC", required=True),
    ),
    "experiments",
    ("experiments", "decisions"),
)

MEASUREMENTS = Table(
    "measurements",
    "experiment × look: what was known then, whole",
    (
        Column("experiment", pa.string(), "the experiment", required=True),
        Column("action", pa.string(), "what was done, as the plan calls it", required=True),
        Column("as_of", pa.date32(), "last day whose orders count", required=True),
        figure("window_gone", "share of the window that is gone", "0–1"),
        Column("currency", pa.string(), "of the money"),
        Column("measurement", pa.string(), "JSON: what `keepers experiment measure --json` says", required=True),
        Column("measured_at", STAMP, "moment of the look", "UTC", required=True),
    ),
    "experiments",
    ("publish",),
)
