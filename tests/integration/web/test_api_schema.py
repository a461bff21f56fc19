"""The API beside its own description: whatever is sent, each route answers as it says. `make fuzz` sends more."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from pytest_django.fixtures import Settings

from keepers.crm.api import door
from keepers.crm.customers.models import Customer, CustomField
from keepers.crm.people.models import User
from keepers.crm.people.roles import Role
from keepers.crm.portfolio.publishing.publish import publish
from tests.integration.web.one_connection import on_one_connection
from tests.integration.web.program import Program
from tests.integration.web.valued_base import NOON, describe, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db
ASKED = os.environ.get("KEEPERS_API_EXAMPLES", "")
EXAMPLES = int(ASKED or 1)
FEW = frozenset({"customers", "consents", "values"})
"""The nouns whose routes are tried unless more is asked for: each shape of a route is among them."""
LEFT_OUT = {
    "positive_data_acceptance": "what fits the schema may still make no sense: nobody is merged with themselves",
    "ignored_auth": "every route is asked without a key in test_api.py; here it would double the requests",
}


@pytest.fixture
def program(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setattr(door, "MOST_A_MINUTE", 10_000_000)
    settings.WORKSPACE = workspace_in(tmp_path)
    describe(settings.WORKSPACE, [{"external_id": "A", "name": "Ada"}])
    keep_run(settings.WORKSPACE, [valued("A", 900.0), valued("B", 40.0, group="slipping")])
    publish(settings.WORKSPACE, None, NOON)
    alice = User.objects.create_user("alice@example.com", name="Alice Adler", role=Role.OWNER)
    CustomField.objects.create(key="size", label="Size", kind="number")
    Customer.objects.filter(key="A").update(owner=alice)
    return Program(alice)


def test_whatever_is_sent_is_answered_as_the_description_says(program: Program) -> None:
    import schemathesis  # late: every process that looks for tests would wait a second for it
    from schemathesis.checks import CHECKS, load_all_checks
    from schemathesis.core.failures import FailureGroup

    known = things(program)
    load_all_checks()
    checks = [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in LEFT_OUT]
    wrong = []
    with on_one_connection():
        schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app=get_wsgi_application())
        schema.config.generation.update(with_security_parameters=False)
        operations = [found.ok() for found in schema.get_all_operations()]
        tried = [each for each in operations if ASKED or noun_of(each) in FEW]
        assert len(tried) > 10
        for operation in tried:
            for mode in schemathesis.GenerationMode:
                try:
                    sent(operation, mode, known, checks, program)
                except Unsatisfiable:
                    continue  # it takes nothing that could be wrong
                except (Exception, FailureGroup) as error:  # noqa: BLE001 - all routes are tried, then all is told
                    wrong.append(f"{mode.value} {operation.label}: {error}")
    assert not wrong, "\n\n".join(wrong)


def sent(operation: Any, mode: Any, known: dict[str, int], checks: list[Any], program: Program) -> None:
    """Some requests to a route, half of them about things that there are."""
    noun = noun_of(operation)

    @given(case=operation.as_strategy(generation_mode=mode), is_there=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def tried(case: Any, is_there: bool) -> None:
        if mode.value == "positive" and is_there:
            if noun in known and "pk" in (case.path_parameters or {}):
                case.path_parameters["pk"] = known[noun]
            if isinstance(case.body, dict) and "customer" in case.body:
                case.body["customer"] = known["customers"]
        case.call_and_validate(headers=program.key | {"accept-encoding": "identity"}, checks=checks)

    tried()


def noun_of(operation: Any) -> str:
    """What a route is about."""
    noun: str = operation.path.split("/")[3]
    return noun


def things(program: Program) -> dict[str, int]:
    """One of each noun, by the noun."""
    ada, eva = (Customer.objects.get(key=key).pk for key in "AB")
    now = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    begun = {
        "contact-points": {"customer": ada, "kind": "email", "value": "ada@example.com"},
        "addresses": {"customer": ada, "city": "Graz"},
        "consents": {"customer": ada, "channel": "email", "purpose": "service", "state": "refused", "said_at": now},
        "relations": {"customer": ada, "kind": "works-at", "other": eva},
        "custom-fields": {"label": "Colour", "kind": "text"},
        "bulk-edits": {"customers": [ada], "field": "add-tag", "value": "fair"},
        "touches": {"customer": ada, "kind": "note", "body": "Likes tea."},
        "tasks": {"customer": ada},
        "cadences": {"name": "Best"},
        "views": {"noun": "customers", "name": "All"},
        "teams": {"name": "North"},
    }
    made = {noun: program("POST", f"/{noun}", given).json()["id"] for noun, given in begun.items()}
    return made | {"customers": ada, "people": User.objects.get().pk}
