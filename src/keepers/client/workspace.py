"""A workspace as a program sees it: every noun, and what is sent in bulk."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar, cast

from keepers.client import shapes
from keepers.client.calls import Calls
from keepers.client.nouns import Reading, Writing

Row = TypeVar("Row")
ROWS_A_CALL = 5_000


class Client(Calls):
    """The API of one workspace; a context manager, so that connections are closed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.customers: Writing[shapes.Customer] = Writing(self, "/customers")
        self.contact_points: Writing[shapes.ContactPoint] = Writing(self, "/contact-points")
        self.addresses: Writing[shapes.Address] = Writing(self, "/addresses")
        self.consents: Writing[shapes.Consent] = Writing(self, "/consents")
        self.relations: Writing[shapes.Relation] = Writing(self, "/relations")
        self.attachments: Writing[shapes.Attachment] = Writing(self, "/attachments")
        self.custom_fields: Writing[shapes.CustomField] = Writing(self, "/custom-fields")
        self.tags: Reading[shapes.Tag] = Reading(self, "/tags")
        self.bulk_edits: Writing[shapes.BulkEdit] = Writing(self, "/bulk-edits")
        self.touches: Writing[shapes.Touch] = Writing(self, "/touches")
        self.kept_records: Reading[shapes.KeptRecord] = Reading(self, "/kept-records")
        self.tasks: Writing[shapes.Task] = Writing(self, "/tasks")
        self.cadences: Writing[shapes.Cadence] = Writing(self, "/cadences")
        self.approvals: Writing[shapes.Approval] = Writing(self, "/approvals")
        self.plan_lines: Reading[shapes.PlanLine] = Reading(self, "/plan-lines")
        self.plan_choices: Writing[shapes.PlanChoice] = Writing(self, "/plan-choices")
        self.product_offers: Reading[shapes.ProductOffer] = Reading(self, "/product-offers")
        self.wallets: Reading[shapes.Wallet] = Reading(self, "/wallets")
        self.trials: Reading[shapes.Trial] = Reading(self, "/trials")
        self.trial_lots: Reading[shapes.TrialLot] = Reading(self, "/trial-lots")
        self.prospects: Reading[shapes.Prospect] = Reading(self, "/prospects")
        self.surveys: Reading[shapes.Survey] = Reading(self, "/surveys")
        self.pairs: Reading[shapes.Pair] = Reading(self, "/pairs")
        self.merges: Writing[shapes.Merge] = Writing(self, "/merges")
        self.values: Reading[shapes.Value] = Reading(self, "/values")
        self.views: Writing[shapes.View] = Writing(self, "/views")
        self.jobs: Reading[shapes.Job] = Reading(self, "/jobs")
        self.imports: Reading[shapes.Import] = Reading(self, "/imports")
        self.people_imports: Reading[shapes.PeopleImport] = Reading(self, "/people-imports")
        self.runs: Reading[shapes.Run] = Reading(self, "/runs")
        self.orders: Reading[shapes.Sent] = Reading(self, "/orders")
        self.interactions: Reading[shapes.Sent] = Reading(self, "/interactions")
        self.webhooks: Writing[shapes.Webhook] = Writing(self, "/webhooks")
        self.webhook_deliveries: Reading[shapes.WebhookDelivery] = Reading(self, "/webhook-deliveries")
        self.people: Writing[shapes.Person] = Writing(self, "/people")
        self.teams: Writing[shapes.Team] = Writing(self, "/teams")
        self.audit: Reading[shapes.AuditEntry] = Reading(self, "/audit")

    def me(self) -> shapes.Person:
        """Whose key this is."""
        return cast("shapes.Person", self.call("GET", "/me").told)

    def publication(self) -> shapes.Publication:
        """The publication that the pages show."""
        return cast("shapes.Publication", self.call("GET", "/publication").told)

    def plan(self) -> shapes.Plan:
        """The plan that the pages show: its steps, with people, cost and gain."""
        return cast("shapes.Plan", self.call("GET", "/plan").told)

    def next_products(self, customer: int) -> list[shapes.NextProduct]:
        """What a customer may buy next, the likeliest first."""
        told = self.call("GET", f"/customers/{customer}/next-products").told["products"]
        return cast("list[shapes.NextProduct]", told)

    def upsert(self, source: str, rows: Iterable[Mapping[str, Any]], *, at_once: int = ROWS_A_CALL) -> shapes.Upserted:
        """Create or update customers by what another system calls them, some thousand a call.

        Args:
            source: the other system.
            rows: customers, each with its `external_id`.
            at_once: rows a call.

        Returns: how many were created, updated and the same, and the refused rows, numbered through all of them.
        """
        told: shapes.Upserted = {"created": 0, "updated": 0, "same": 0, "refused": []}
        for before, part in _parts(rows, at_once):
            one = self.call("POST", "/customers/bulk", body={"source": source, "rows": part}).told
            for name in ("created", "updated", "same"):
                told[name] += one[name]
            told["refused"] += [each | {"row": before + each["row"]} for each in one["refused"]]
        return told

    def send_orders(
        self, source: str, orders: Iterable[Mapping[str, Any]], *, at_once: int = ROWS_A_CALL
    ) -> shapes.Received:
        """Send orders; they land within a minute or so, each once, a newer telling in place of an older one."""
        return self._send("/orders", "orders", source, orders, at_once)

    def send_interactions(
        self, source: str, interactions: Iterable[Mapping[str, Any]], *, at_once: int = ROWS_A_CALL
    ) -> shapes.Received:
        """Send acts at touch points; they land within a minute or so, each once."""
        return self._send("/interactions", "interactions", source, interactions, at_once)

    def attach(self, customer: int, path: Path) -> shapes.Attachment:
        """Keep a file with a customer."""
        files = {"file": (path.name, path.read_bytes())}
        told = self.call("POST", "/attachments", body={"customer": customer}, files=files).told
        return cast("shapes.Attachment", told)

    def content_of(self, attachment: int) -> bytes:
        """A file that is kept with a customer."""
        return cast("bytes", self.call("GET", f"/attachments/{attachment}/content").told)

    def bring_people(self, *files: Path) -> shapes.PeopleImport:
        """Send files of another system; they are recognised, and nothing comes in yet.

        Then `people_imports.do(7, "checking")` and `do(7, "landing")`, each a job that `finished` waits for, and
        `do(7, "undoing")` to take all of it back.
        """
        parts = [("files", (file.name, file.read_bytes())) for file in files]
        return cast("shapes.PeopleImport", self.call("POST", "/people-imports", files=parts).told)

    def mapping(self, people_import: int) -> shapes.Mapping:
        """What the tables and columns of an import of people were taken for."""
        return cast("shapes.Mapping", self.call("GET", f"/people-imports/{people_import}/mapping").told)

    def decide(self, people_import: int, **otherwise: Any) -> shapes.Mapping:
        """What they are instead: `decide(7, region="AT", owners={"Bob Brown": "bob@example.com"})`."""
        return cast("shapes.Mapping", self.call("PUT", f"/people-imports/{people_import}/mapping", body=otherwise).told)

    def refused(self, people_import: int) -> bytes:
        """Every refused row with its reason, as CSV."""
        return cast("bytes", self.call("GET", f"/people-imports/{people_import}/refused").told)

    def finished(self, job: shapes.Job, *, every: float = 1.0) -> shapes.Job:
        """The job once it has come to its end, looked for every so many seconds."""
        while (now := self.jobs.get(job["id"]))["state"] in {"waiting", "running"}:
            self.rest(every)
        return now

    def _send(self, where: str, name: str, source: str, rows: Iterable[Any], at_once: int) -> shapes.Received:
        told: shapes.Received = {"taken": 0, "same": 0, "refused": []}
        for before, part in _parts(rows, at_once):
            one = self.call("POST", where, body={"source": source, name: part}).told
            told["taken"] += one["taken"]
            told["same"] += one["same"]
            told["refused"] += [each | {"row": before + each["row"]} for each in one["refused"]]
        return told


def _parts(rows: Iterable[Row], size: int) -> Iterator[tuple[int, list[Row]]]:
    """The rows in parts, each with how many came before it."""
    waiting, before = iter(rows), 0
    while part := list(islice(waiting, size)):
        yield before, part
        before += len(part)
