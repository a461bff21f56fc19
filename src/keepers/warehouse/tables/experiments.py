"""Who is held out by lot, and what it brought."""

import pyarrow as pa

from keepers.warehouse.columns import STAMP, Column, Table, figure

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
        figure("orders_lift", "more occasions per customer within the window than without the action", "occasions"),
        figure("orders_lift_low", "lower end of its 90 % interval", "occasions"),
        figure("orders_lift_high", "upper end of its 90 % interval", "occasions"),
        figure("orders_lift_error", "its standard error, as if looked at once", "occasions"),
        figure("orders_held", "occasions per customer of the held-out within the window", "occasions"),
        figure(
            "margin_lift",
            "more margin per customer within the window than without, before what the action costs",
            "money",
        ),
        figure("margin_lift_low", "lower end of its 90 % interval", "money"),
        figure("margin_lift_high", "upper end of its 90 % interval", "money"),
        figure("margin_lift_error", "its standard error, as if looked at once", "money"),
        figure("kept_lift", "more worth per customer, at the window's end, in customers who are still there", "money"),
        figure("kept_lift_low", "lower end of its 90 % interval", "money"),
        figure("kept_lift_high", "upper end of its 90 % interval", "money"),
        figure("kept_lift_error", "its standard error, as if looked at once", "money"),
        figure(
            "whole_lift", "margin and kept worth together, more per customer, before what the action costs", "money"
        ),
        figure("whole_lift_low", "lower end of its 90 % interval", "money"),
        figure("whole_lift_high", "upper end of its 90 % interval", "money"),
        figure("whole_lift_error", "its standard error, as if looked at once", "money"),
        figure("orders_factor", "what it multiplies orders by while somebody is a customer", "factor"),
        figure("orders_factor_error", "its standard error, as if looked at once", "factor"),
        figure("leaving_factor", "what it multiplies the rate of leaving by", "factor"),
        figure("leaving_factor_error", "its standard error, as if looked at once", "factor"),
        figure(
            "orders_to_leaving", "what orders of the window answer to the rate of leaving, as a derivative", "factor"
        ),
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
