"""The pages of the plan of a large base: its steps, their customers, approving one, trials, whose mailings to stop."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from bench.bases import SEED
from bench.large_base import keys_of
from bench.requests import FIRST_ROWS, Clock, requested
from bench.rows import Row
from keepers.loop.workspace import Workspace
from keepers.warehouse.tables import PLAN_LINES, PLANS

STEPS = (
    ("keep", "send 4 mailings a year", 0.55),
    ("grow", "proactive care, 3 calls a year", 0.10),
    ("win back", "send a personal offer", 0.15),
    ("stop spending", "no contact of our own", 0.20),
)
KEEP = "decision=keep&action=send+4+mailings+a+year"
BACK = "decision=win+back&action=send+a+personal+offer"
BY_EMAIL = f"/plan/approvals/new/?{KEEP}&way=e-mail"
PAGES = {
    "the plan": "/plan/",
    "the plan's customers": "/plan/customers/",
    "customers of a step of 55 in 100": f"/plan/customers/?{KEEP}",
    "the same, far down": f"/plan/customers/?{KEEP}&plan={{plan}}&after={{publication}}.{{deep}}",
    "whom to win back, by what is lost with them": f"/plan/customers/?{BACK}&sort=lost",
    "the same by who comes back unasked, least likely first": f"/plan/customers/?{BACK}&sort=-back",
    "whose mailings to stop": "/plan/mailings/",
    "approving a step of 55 in 100, by letter": f"/plan/approvals/new/?{KEEP}",
    "approving it by e-mail, to which nobody agreed": BY_EMAIL,
    "what it brought": "/plan/results/",
    "trials": "/plan/trials/",
}
AGREEING = {"every second one": 2, "everybody": 1}
SEEN_BY_SOME = {
    name: PAGES[name] for name in ("the plan", "the plan's customers", "whom to win back, by what is lost with them")
}


def plan_page_rows(workspace: Workspace, customers: int, clock: Clock, *, quick: bool) -> Iterator[Row]:
    """The newest run planned, its plan shown, and each page asked for by an owner, some by somebody with a few."""
    from django.test import Client
    from django.utils import timezone

    from keepers.crm.people.models import User
    from keepers.crm.portfolio.publishing.publish import publish_plan
    from keepers.crm.portfolio.queries import current_publication

    shown = current_publication()
    assert shown is not None
    _keep_plan(workspace, shown.run_id, customers)
    publish_plan(workspace, shown.run_id, timezone.now())
    shown = current_publication()
    assert shown is not None
    places = {"plan": shown.plan_id, "publication": shown.pk, "deep": int(0.3 * customers)}
    for who, pages in {"bench": PAGES, "rep": SEEN_BY_SOME}.items():
        browser = Client(headers={"host": "localhost"})
        browser.force_login(User.objects.get(email=f"{who}@example.com"))
        told = "" if who == "bench" else ", 1 in 200 of their own"
        for name, address in pages.items():
            timing = requested(partial(browser.get, address.format(**places)), clock)
            yield Row(f"{customers:,} customers: {name}{told}", timing, bar=None if quick else FIRST_ROWS)
    browser.force_login(User.objects.get(email="bench@example.com"))
    for who, every in AGREEING.items():
        _agree(every)
        name = f"{customers:,} customers: approving it by e-mail, to which {who} agreed"
        yield Row(name, requested(partial(browser.get, BY_EMAIL), clock), bar=None if quick else FIRST_ROWS)


def _agree(every: int) -> None:
    """Let every so manieth customer say yes to offers by e-mail; a second call lets those of others too."""
    from django.db import connection
    from django.utils import timezone

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_consent (customer_id, channel, purpose, state, at, proof, source, is_latest) "
            "SELECT id, 'email', 'marketing', 'given', %s, '', '', %s FROM customers_customer WHERE id %% %s = 0 "
            "ON CONFLICT DO NOTHING",
            [timezone.now(), True, every],
        )


def _keep_plan(workspace: Workspace, run_id: str, customers: int) -> None:
    generator = np.random.default_rng(SEED)
    step = generator.choice(len(STEPS), customers, p=[share for *_, share in STEPS])
    decision, action = (np.array([each[place] for each in STEPS])[step] for place in (0, 1))
    spent, gain = np.array([3.2, 15.0, 1.1, 0.0])[step], generator.gamma(1.0, 8.0, customers)
    gain = np.where(spent > 0, gain, 0.0)
    columns: dict[str, Any] = {
        "plan_id": pa.repeat(run_id, customers),
        "run_id": pa.repeat(run_id, customers),
        "customer_id": keys_of(customers),
        "decision": pa.array(decision),
        "action": pa.array(action),
        "cost": spent,
        "expected_gain": gain,
        "expected_gain_low": 0.2 * gain,
        "expected_gain_high": 1.8 * gain,
        "mailed_margin": generator.gamma(1.0, 4.0, customers),
        "value_at_stake": generator.gamma(1.0, 90.0, customers),
        "chance_back": generator.beta(1.0, 3.0, customers),
        "evidence": pa.repeat("assumed", customers),
        "reason": pa.repeat("Worth keeping.", customers),
    }
    row = {"plan_id": run_id, "run_id": run_id, "made_at": datetime.now(UTC), "limits": "{}", "draws": "[]"}
    with workspace.opened() as store, store.writing():
        store.append(PLAN_LINES.name, PLAN_LINES.conform(pa.table(columns)))
        store.append(PLANS.name, pa.Table.from_pylist([row | {"account": json.dumps({})}], schema=PLANS.schema))
