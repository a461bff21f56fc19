"""A shop in which every step has rows: returns of every kind, two imports that dispute orders, two currencies, merged
customers, products, attributes, and two runs with their values."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from keepers.warehouse.tables import ORDER_LINES, all_tables, table_named

FIRST, LAST = date(2023, 11, 6), date(2024, 6, 30)
OPENING_RUN, RUN = "20240331T000000-aaaaaa", "20240630T000000-bbbbbb"
PARAMETERS: dict[str, Any] = {
    "as_of": date(2024, 6, 20),
    "now": datetime(2024, 6, 20, 12, tzinfo=UTC),
    "after": date(2024, 3, 31),
    "run_id": RUN,
    "opening_run": OPENING_RUN,
    "value_run": RUN,
    "margin": 0.3,
    "acquired_from": date(2023, 12, 1),
    "customer_id": "ada's \\ key",
    "origin": date(2024, 3, 1),
    "until": date(2024, 5, 31),
    "origins": [date(2024, 3, 1), date(2024, 4, 1)],
    "ends": [date(2024, 5, 1), date(2024, 6, 1)],
    "by": "month",
    "column": "channel",
    "top": 3,
    "value_cut": 40.5,
    "alive_cut": 0.5,
    "since": date(2023, 11, 1),
    "channel": None,
    "category": None,
    "product_id": "tea",
    "location": None,
    "plan_id": RUN,
    "before": OPENING_RUN,
}
LONG_BEFORE = datetime(2023, 11, 5, 12, tzinfo=UTC)  # before anybody ordered
CUSTOMERS = ("ada's \\ key", "bob", "cy", "dee", "eve", "fay", "gus", None)
PRODUCTS = ("tea", "pot", "cup", None)


def tables() -> dict[str, pa.Table]:
    """Rows of every table, and of the lines that are about to come in."""
    chance = random.Random(7)
    lines = _lines(chance)
    rows = {
        "order_lines": lines,
        "incoming_lines": [one | {"batch_id": "b9", "revenue": Decimal("1.5")} for one in lines[::5]] + _new(lines[1]),
        "batches": [
            _batch("b1", 1, 1),
            _batch("b2", 2, 1, active=False),
            _batch("b2", 2, 2),
            _batch("b3", 3, 1, source="web"),
        ],
        "products": _products(),
        "customer_attributes": _attributes(),
        "customer_keys": [
            {"source": "shop", "external_id": "eve", "version": 1, "customer_id": "eve"},
            {"source": "shop", "external_id": "eve", "version": 2, "customer_id": "dee"},
            {"source": "web", "external_id": "bob", "version": 1, "customer_id": "bob"},
        ],
        "interactions": [
            _act("a1", 1, PARAMETERS["customer_id"]),
            _act("a1", 2, PARAMETERS["customer_id"], outcome="reached"),
            _act("a2", 1, PARAMETERS["customer_id"]),
            _act("a2", 2, PARAMETERS["customer_id"], is_removed=True),
            _act("a3", 1, "eve"),
            _act("a4", 1, "who never ordered", campaign="spring", touch_cost=Decimal("1.5")),
            _act("m1", 1, "bob", touch_kind="catalog", happened_at=datetime(2024, 5, 9, 12, tzinfo=UTC)),
            _act("c1", 1, "bob", campaign="spring", touch_cost=Decimal("0.7"), happened_at=LONG_BEFORE),
            _act("c2", 1, "nobody yet", campaign="spring"),
            _act("t1", 1, "bob", touch_kind="ticket", direction="in"),
            _act("t2", 1, "cy", touch_kind="ticket"),
            _act("t2", 2, "cy", touch_kind="ticket", outcome="answered"),
        ],
        "exchange_rates": [
            {"rated_on": FIRST + timedelta(days=days), "currency": "USD", "rate": 0.9 + days / 1000}
            for days in (0, 60, 120)
        ]
        + [{"rated_on": FIRST, "currency": "EUR", "rate": 1.0}],
        "plan_lines": [
            *(_step("bob", "keep", 2.5), _step("cy", "grow", 7.0), _step("dee", "keep", 4.0)),
            _step(CUSTOMERS[0] or "", "stop spending", 0.0),
            *(_step(who, "keep", 1.0, OPENING_RUN) for who in ("bob", "cy", "eve")),
        ],
        "wallets": [_wallet("bob", 0.4, 3), _wallet("bob", 0.6, 6), _wallet("nobody", 0.2, 3)],
        "plans": [_plan(OPENING_RUN, 3), _plan(RUN, 6)],
        **_kept(chance),
    }
    contracts = {table.name: table for table in all_tables()} | {"incoming_lines": ORDER_LINES}
    return {name: pa.Table.from_pylist(held, schema=contracts[name].schema) for name, held in rows.items()}


def _wallet(customer_id: str, share: float, month: int) -> dict[str, Any]:
    known_at = datetime(2024, month, 1, 12, tzinfo=UTC)
    shares = {"share_of_wallet": share, "share_of_wallet_low": share - 0.1, "share_of_wallet_high": share + 0.1}
    return {"customer_id": customer_id, "known_at": known_at, "elsewhere": 9.0, "wallet_evidence": "spend"} | shares


def _plan(run_id: str, month: int) -> dict[str, Any]:
    made_at = datetime(2024, month, 30, 12, tzinfo=UTC)
    return {"plan_id": run_id, "run_id": run_id, "made_at": made_at, "limits": "{}", "account": "{}", "draws": "[]"}


def _step(customer_id: str, decision: str, gain: float, plan: str = RUN) -> dict[str, Any]:
    told = {"plan_id": plan, "run_id": plan, "customer_id": customer_id, "decision": decision, "action": "write"}
    about = {"level": "basic", "cost": 1.0, "evidence": "assumed", "reason": "Worth keeping."}
    return told | about | {"expected_gain": gain, "expected_gain_low": gain - 1, "expected_gain_high": gain + 1}


def _act(number: str, version: int, who: object, **more: Any) -> dict[str, Any]:
    told = {"source": "web", "batch_id": f"{number}-{version}", "interaction_id": number, "version": version}
    when = datetime(2024, 1, 9, 12, version, tzinfo=UTC)
    about = {"external_id": who, "happened_at": when, "touch_kind": "call", "is_removed": False}
    return told | about | more


def _lines(chance: random.Random) -> list[dict[str, Any]]:
    sales = [_sale(number, chance) for number in range(140)]
    again = [one | {"batch_id": "b2", "revenue": one["revenue"] + 1} for one in sales[10:16] if one["batch_id"] == "b1"]
    more = [
        one | {"line_number": 2, "product_id": "cup", "line_kind": kind}
        for one, kind in zip(sales[::9], _kinds(), strict=True)
    ]
    back = [_return(number, chance.choice(sales), chance) for number in range(30)]
    several = [_at(f"s{n}", "gus", 30 + n, "tea", 2.0, Decimal("8.0001")) for n in range(3)] + [
        _at("back of several", "gus", 60, "tea", -5.0, Decimal("-20.0002")) | {"line_kind": "return"}
    ]
    late = [
        one | {"batch_id": "b2", "line_kind": "return", "quantity": -1.0, "revenue": -one["revenue"]}
        for one in sales[20:28]
        if one["batch_id"] == "b1"
    ]
    return [*sales, *again, *more, *back, *several, *late]


def _kinds() -> list[str]:
    return ["sale", "postage", "fee", "adjustment"] * 4


def _sale(number: int, chance: random.Random) -> dict[str, Any]:
    web = number % 7 == 3
    return _at(
        f"o{number}",
        chance.choice(CUSTOMERS),
        chance.randint(0, 230),
        chance.choice(PRODUCTS),
        float(chance.randint(1, 4)),
        Decimal(chance.randint(30_000, 300_000)) / 10_000,
    ) | {
        "source": "web" if web else "shop",
        "batch_id": "b3" if web else chance.choice(("b1", "b1", "b2")),
        "currency": "USD" if web else chance.choice(("EUR", None)),
        "cost": chance.choice((None, Decimal("2.5"))),
        "discount": chance.choice((None, Decimal("0.25"))),
        "channel": chance.choice(("phone", "store", None)),
        "payment_method": chance.choice(("card", "cash")),
        "location": chance.choice(("Ulm", "Ürzig", None)),
        "acquisition_source": ("fair", "letter", None)[number % 3],
        "segment": ("gold", None)[number % 2],
    }


def _return(number: int, sale: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    days = chance.randint(1, 20)
    some = chance.choice((1, 1, 2))
    stated = chance.random() < 0.4
    return sale | {
        "order_id": f"r{number}",
        "line_kind": "return",
        "cancels_order_id": sale["order_id"] if stated else None,
        "ordered_at": sale["ordered_at"] + timedelta(days=days),
        "ordered_on": sale["ordered_on"] + timedelta(days=days),
        "product_id": chance.choice((sale["product_id"], sale["product_id"], None)),
        "quantity": -sale["quantity"] / some,
        "revenue": (-sale["revenue"] / some).quantize(Decimal("0.0001")),
        "cost": None,
        "discount": None,
    }


def _at(
    order: str, customer: str | None, days: int, product: str | None, pieces: float, revenue: Decimal
) -> dict[str, Any]:
    on = FIRST + timedelta(days=days)
    return {
        "source": "shop",
        "batch_id": "b1",
        "order_id": order,
        "line_number": 1,
        "external_id": customer,
        "ordered_at": datetime.combine(on, datetime.min.time(), UTC) + timedelta(hours=9, microseconds=7),
        "ordered_on": on,
        "line_kind": "sale",
        "product_id": product,
        "quantity": pieces,
        "revenue": revenue,
        "currency": "EUR",
    }


def _new(line: dict[str, Any]) -> list[dict[str, Any]]:
    """A line of a new source, of a customer whom another source has too."""
    return [line | {"source": "mail", "batch_id": "b9", "order_id": "new", "external_id": "bob"}]


def _batch(name: str, sequence: int, version: int, *, active: bool = True, source: str = "shop") -> dict[str, Any]:
    return {
        "batch_id": name,
        "version": version,
        "sequence": sequence,
        "active": active,
        "source": source,
        "recorded_at": datetime(2024, 7, sequence, tzinfo=UTC),
        "fingerprint": name,
    }


def _products() -> list[dict[str, Any]]:
    return [
        {
            "source": "shop",
            "batch_id": "b1",
            "product_id": "tea",
            "name": "Tea",
            "category": "leaf",
            "price": Decimal("4.5"),
        },
        {
            "source": "shop",
            "batch_id": "b2",
            "product_id": "tea",
            "name": "Green tea",
            "category": None,
            "brand": "Ours",
        },
        {"source": "web", "batch_id": "b3", "product_id": "pot", "name": "Pot", "cost": Decimal("7.25")},
    ]


def _attributes() -> list[dict[str, Any]]:
    def told(batch: str, customer: str, days: int, **more: str) -> dict[str, Any]:
        on = FIRST + timedelta(days=days)
        return {"source": "shop", "batch_id": batch, "external_id": customer, "described_on": on, **more}

    return [
        told("b1", "bob", 3, name="Bob", email="bob@example.org", street="Weg 1", city="Neu-Ulm"),
        told("b2", "bob", 9, name="Robert", city="Ulm", postal_code="89073"),
        told("b1", "eve", 4, name="Eve", country="Österreich"),
        told("b1", "dee", 2, name="Dee", phone="0731"),
        *(
            {"source": "keepers", "batch_id": f"a{version}", "external_id": "bob", "described_on": FIRST, **came}
            for version, came in (
                (1, {"version": 1, "acquisition_source": "fair"}),
                (
                    2,
                    {
                        "version": 2,
                        "acquisition_source": "letter",
                        "referred_by": "eve",
                        "acquisition_cost": Decimal("12.5"),
                    },
                ),
            )
        ),
    ]


def _kept(chance: random.Random) -> dict[str, list[dict[str, Any]]]:
    """What two runs left."""
    both = ((OPENING_RUN, date(2024, 3, 31), CUSTOMERS[1:7]), (RUN, LAST, CUSTOMERS[:6]))
    seen = [
        {
            "run_id": run,
            "customer_id": name,
            "orders": 1 + place,
            "repeat_orders": place,
            "first_order": FIRST,
            "last_order": on - timedelta(days=11 * place),
        }
        for run, on, names in both
        for place, name in enumerate(names)
    ]
    return {
        "customer_summary": [
            one | {"age_at_last_order": 5.0, "age": 90.0, "sum_log_gaps": 1.5, "revenue": 12.5 * one["orders"]}
            for one in seen
        ],
        "customer_values": [one | _value(one, chance) for one in seen],
        "customer_lines": [_kept_line(run) for run, _, _ in both],
        "next_products": [
            {"run_id": run, "customer_id": name, "product_id": "tea", "proposal": "again", "reason": "Bought once."}
            | ({"offer_rank": place} if place % 2 else {"rank": place})
            for run, _, names in both
            for place, name in enumerate(names)
        ],
        "fits": [
            {"run_id": run, "model": "pareto-nbd", "part": "purchases", "parameters": "{}", "time_unit_days": 7.0}
            for run, _, _ in both
        ],
        "insights": [{"run_id": RUN, "insight": "equity", "by": "month", "answer": "[]"}],
        "runs": [
            {
                "run_id": run,
                "version": "0.1.0",
                "started_at": datetime(on.year, on.month, on.day, tzinfo=UTC),
                "seconds": 1.5,
                "as_of": on,
                "parameters": "{}",
            }
            for run, on, _ in both
        ],
    }


def _value(seen: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return {
        "probability_alive": chance.random(),
        "expected_orders": chance.random() * 4,
        "residual_value": None if seen["run_id"] == RUN and seen["orders"] == 5 else chance.random() * 90,
        "residual_value_low": 1.0,
        "residual_value_high": 200.0,
        "group": chance.choice(("best", "steady", "slipping", "lost")),
    }


def _kept_line(run: str) -> dict[str, Any]:
    customer = PARAMETERS["customer_id"]
    sale = _at("o1", customer, 5, "tea", 1.0, Decimal("3.25"))
    held = {name: value for name, value in sale.items() if name in table_named("customer_lines").schema.names}
    more = {"customer_id": customer, "counts_on": sale["ordered_on"], "makes_occasion": True, "is_matched": False}
    return {**held, **more, "run_id": run}
