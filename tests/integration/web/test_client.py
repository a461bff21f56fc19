"""The client of the package against the API itself; the examples of the guide run as they stand there."""

import argparse
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import httpx
import pytest
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from pytest_django.fixtures import Settings

from keepers.client import (
    ApiError,
    ChangedMeanwhileError,
    Client,
    MissingError,
    NotAllowedError,
    RefusedError,
    UnreachableError,
    calls,
    shapes,
)
from keepers.crm.customers.exchange import work
from keepers.crm.customers.models import Customer
from keepers.crm.jobs.carrying_out import carry_out
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import User
from keepers.crm.people.roles import Role
from keepers.crm.portfolio.publishing.publish import publish
from keepers.crm.work.models import Task
from keepers.web.api import api
from tests.integration.web.one_connection import on_one_connection
from tests.integration.web.program import Program
from tests.integration.web.valued_base import NOON, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db
GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "api.md"
PEOPLE = {Job.Kind.PEOPLE_CHECK: work.check, Job.Kind.PEOPLE_LANDING: work.land, Job.Kind.PEOPLE_UNDO: work.undo}
Answers = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def program() -> Program:
    cache.clear()
    return Program(User.objects.create_user("alice@example.com", name="Alice Adler", role=Role.OWNER))


@pytest.fixture
def crm(program: Program) -> Iterator[Client]:
    way = httpx.WSGITransport(app=get_wsgi_application())
    with on_one_connection(), Client("http://testserver", program.secret, transport=way) as client:
        yield client


def test_a_thing_is_made_read_changed_and_let_go(crm: Client) -> None:
    ada = crm.customers.create(name="Ada", email="ada@example.com")
    seen = crm.customers.read(ada["id"])
    assert seen.thing["name"] == "Ada"
    assert crm.customers.change(ada["id"], {"name": "Ada N."}, etag=seen.etag)["name"] == "Ada N."
    with pytest.raises(ChangedMeanwhileError, match="Read it again"):
        crm.customers.change(ada["id"], {"name": "Eva"}, etag=seen.etag)
    crm.customers.remove(ada["id"])
    with pytest.raises(MissingError) as missing:
        crm.customers.get(ada["id"])
    assert missing.value.status == 404


def test_pages_are_walked_to_the_end(crm: Client) -> None:
    Customer.objects.bulk_create(Customer(key=f"C{number}", name=f"Person {number}") for number in range(5))
    assert [each["name"] for each in crm.customers.each(limit=2)] == [f"Person {number}" for number in range(5)]
    assert next(crm.customers.each(limit=1, newest=True))["key"] == "C4"


def test_what_is_wrong_is_an_error_with_its_sentence(crm: Client, program: Program) -> None:
    with pytest.raises(RefusedError, match="no custom field"):
        crm.customers.create(name="Ada", custom={"nothing": 1})
    with pytest.raises(RefusedError) as wrong:
        crm.customers.create(name=7)
    assert wrong.value.errors[0]["where"].endswith("name")
    with pytest.raises(RefusedError, match="no parameter stag"):
        list(crm.customers.each(stag="active"))
    stranger = Client("http://testserver", "kp_nothing", transport=crm.transport)
    with stranger, pytest.raises(NotAllowedError, match="opens nothing"):
        stranger.me()
    assert crm.me()["email"] == "alice@example.com"


def test_rows_of_another_system_go_in_parts_and_keep_their_numbers(crm: Client) -> None:
    rows: list[dict[str, Any]] = [{"external_id": f"{number}", "name": f"Person {number}"} for number in range(7)]
    rows[5]["owner"] = "nobody@example.com"
    told = crm.upsert("shop", rows, at_once=3)
    assert (told["created"], [each["row"] for each in told["refused"]]) == (6, [6])
    assert crm.upsert("shop", iter(rows), at_once=3)["same"] == 6
    sent = crm.send_orders("shop", [{"order_id": "1"}])
    assert (sent["taken"], sent["refused"][0]["row"]) == (0, 1)


def test_files_are_kept_and_given_back(crm: Client, settings: Settings, tmp_path: Path) -> None:
    settings.WORKSPACE = workspace_in(tmp_path)
    (tmp_path / "offer.txt").write_bytes(b"twelve pens")
    ada = Customer.objects.create(key="A", name="Ada")
    kept = crm.attach(ada.pk, tmp_path / "offer.txt")
    assert (kept["name"], crm.content_of(kept["id"])) == ("offer.txt", b"twelve pens")


def test_a_request_that_nobody_answered_is_sent_again_under_the_same_key() -> None:
    keys, rests = [], []

    def answers(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ConnectError("refused")
        if len(keys) == 2:
            return httpx.Response(429, headers={"Retry-After": "7"})
        return httpx.Response(201, json={"id": 1, "name": "Ada"})

    with client(answers, rests.append) as crm:
        assert crm.customers.create(name="Ada")["name"] == "Ada"
    assert (len(keys), len(set(keys)), rests) == (3, 1, [0.5, 7.0])


def test_in_the_end_it_gives_up_and_says_so() -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    rests: list[float] = []
    with client(nobody, rests.append) as crm, pytest.raises(UnreachableError, match="did not answer"):
        crm.me()
    assert rests == [0.5, 1.0, 2.0, 4.0]
    with client(lambda _: httpx.Response(503), rests.append) as crm, pytest.raises(ApiError, match="answered 503"):
        crm.me()


def test_the_types_are_those_of_the_description(crm: Client) -> None:
    told = api.get_openapi_schema(path_prefix="/api/v1/")["components"]["schemas"]
    fields = {frozenset(schema["properties"]) for schema in told.values() if "properties" in schema}
    types = [
        each for each in vars(shapes).values() if isinstance(each, type) and each.__module__.startswith(shapes.__name__)
    ]
    assert len(types) > 25
    assert [each.__name__ for each in types if frozenset(get_type_hints(each)) not in fields] == []


def test_every_noun_of_the_api_is_one_of_the_client(crm: Client) -> None:
    paths = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    listed = {route["operationId"].removeprefix("list-") for each in paths.values() for route in each.values()
              if route["operationId"].startswith("list-")}  # fmt: skip
    known = {each.at.strip("/") for each in vars(crm).values() if hasattr(each, "at")}
    assert known == listed - {"insights"}  # these are asked by `call`


def test_the_guide_s_examples_run_as_they_stand(
    program: Program, crm: Client, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WORKSPACE, settings.ALLOWED_HOSTS = workspace_in(tmp_path), ["testserver", "crm.example.com"]
    keep_run(settings.WORKSPACE, [valued("A", 900.0, group="slipping"), valued("B", None, group="best")])
    text = GUIDE.read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    assert len(lines) >= 9
    for number, line in enumerate(lines):
        if number == 2:
            publish(settings.WORKSPACE, None, NOON)
        answer = curled(line.replace("$KEY", program.secret), crm)
        assert answer.is_success, (line, answer.text)
    told: list[str] = []
    network, way = httpx.Client, AWorkerBeside(crm.transport)
    monkeypatch.setattr(calls.httpx, "Client", lambda **how: network(**(how | {"transport": way})))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"KEY": program.secret, "print": lambda *words: told.append(" ".join(map(str, words)))}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)
    assert {"12 new, 0 changed, 0 the same", "A 900 (450 to 1800)"} < set(told)
    assert {"E-mail is email", "Shoe size is new:number", "2 would be new, 1 refused"} < set(told)
    assert told[-1].splitlines()[1].startswith("contacts.csv,4,")
    assert not Customer.objects.filter(name="Ada Novak").exists()
    assert any(line.endswith("note Met at the fair.") for line in told)


class AWorkerBeside(httpx.BaseTransport):
    """The way to the API, and a worker who does what waits before anybody asks how far it is."""

    def __init__(self, way: httpx.BaseTransport | None) -> None:
        self.way = way or httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/api/v1/jobs/"):
            for job in Job.objects.filter(state=Job.State.WAITING, kind__in=PEOPLE):
                carry_out(job.pk, PEOPLE[Job.Kind(job.kind)])
        return self.way.handle_request(request)


def curled(line: str, crm: Client) -> httpx.Response:
    """What curl would send; number 1 of the guide is the first that there is."""
    flags = argparse.ArgumentParser()
    flags.add_argument("-H", action="append", default=[])
    flags.add_argument("--json")
    flags.add_argument("address")
    asked = flags.parse_args(shlex.split(line)[1:])
    headers = dict(header.split(": ", 1) for header in asked.H)
    address, body = asked.address, asked.json
    if body is None:
        return crm.http.get(address, headers=headers)
    if (customer := Customer.objects.order_by("pk").first()) is not None:
        body = body.replace('"customer": 1', f'"customer": {customer.pk}')
    if (task := Task.objects.order_by("pk").first()) is not None:
        address = address.replace("/tasks/1/", f"/tasks/{task.pk}/")
    return crm.http.post(address, content=body, headers=headers | {"Content-Type": "application/json"})


def client(answers: Answers, rest: Callable[[float], object]) -> Client:
    return Client("http://crm", "kp", rest=rest, transport=httpx.MockTransport(answers))  # type: ignore[arg-type]
