"""`keepers forget CUSTOMER`: somebody out of both stores, for good; and `--back` for whoever came back themselves."""

import json
import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepers.cli.options import Json
from keepers.core.errors import KeepersError

if TYPE_CHECKING:
    from keepers.loop.workspace import Workspace

Who = Annotated[str, typer.Argument(help="The customer id; with --back an id, an e-mail address or a number.")]
KeepOrders = Annotated[bool, typer.Option("--keep-orders", help="Keep the lines of their orders, under a pseudonym.")]
Back = Annotated[bool, typer.Option("--back", help="Let somebody who was forgotten come in again.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List what would go; change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


class UnknownCustomerError(KeepersError):
    """Nobody is known by this id."""


def forget(
    who: Who,
    keep_orders: KeepOrders = False,
    back: Back = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take everything about a customer out of the app and the warehouse, and let nothing of theirs come in again."""
    from keepers.loop.workspace import Workspace

    workspace = Workspace.named_by(os.environ)
    served = workspace.app_database.exists() or bool(os.environ.get("DATABASE_URL"))
    if back:
        sources, numbers = _told_by_the_app(who) if served else (set(), {who})
        _let_in_again(workspace, who, sources=sources, numbers=numbers, as_json=as_json)
        return
    counts = _known_to_the_app(who) if served else _known_to_the_warehouse(workspace, who)
    if dry_run or not as_json:
        _tell(who, counts, as_json=as_json, done=False)
    if dry_run or not (yes or as_json or typer.confirm("Forget them? Nothing of it can be undone.")):
        return
    left = _forget_in_both(who, keep_orders=keep_orders) if served else _forget(workspace, who, keep_orders=keep_orders)
    _tell(who, counts, as_json=as_json, done=True, left=left)


def _known_to_the_warehouse(workspace: "Workspace", who: str) -> dict[str, int]:
    from keepers.loop.forgetting import subject_of, tally

    with workspace.opened() as store:
        counts = tally(store, subject_of(store, [who]))
    if not counts:
        raise UnknownCustomerError(f'Nobody is known by the id "{who}". Write it as the orders have it.')
    return counts


def _known_to_the_app(who: str) -> dict[str, int]:
    customer = _customer(who)
    from keepers.crm.privacy.forgetting import preview
    from keepers.crm.privacy.people import person_of

    found = preview(person_of(customer))
    return {**found.app, **found.warehouse}


def _customer(who: str) -> Any:
    from keepers.web.starting import bring_up_to_date

    bring_up_to_date()
    from keepers.crm.privacy.people import customer_called

    return customer_called(who)


def _forget(workspace: "Workspace", who: str, *, keep_orders: bool) -> dict[str, Any]:
    from datetime import UTC, datetime

    from keepers.loop.forgetting import forget as forget_there
    from keepers.loop.forgetting import subject_of

    with workspace.opened() as store:
        subject = subject_of(store, [who])
    gone = forget_there(workspace, subject, keep_orders=keep_orders, at=datetime.now(UTC))
    return {"order_lines": gone.renamed} if gone.renamed else {}


def _forget_in_both(who: str, *, keep_orders: bool) -> dict[str, Any]:
    customer = _customer(who)
    from django.utils import timezone

    from keepers.crm.jobs.carrying_out import carry_out
    from keepers.crm.people.models import AuditEntry
    from keepers.crm.privacy.actions import queued_forgetting
    from keepers.crm.privacy.tasks import forgetting

    now, via = timezone.now(), AuditEntry.Via.COMMAND
    begun = queued_forgetting(customer, confirmed=who, keep_orders=keep_orders, by=None, at=now, via=via)
    assert begun.job is not None
    carry_out(begun.job.pk, forgetting)
    begun.refresh_from_db()
    if begun.done_at is None:
        begun.job.refresh_from_db()
        raise KeepersError(f"{begun.job.error} Go on with it on its page, Settings → Privacy.")
    left: dict[str, Any] = begun.left
    return left


def _told_by_the_app(who: str) -> tuple[set[str], set[str]]:
    """The sources that the app knows, and all ways to write who this is, if it is a telephone number."""
    from keepers.web.starting import bring_up_to_date

    bring_up_to_date()
    from keepers.crm.privacy.actions import sources_told
    from keepers.crm.privacy.people import dialled

    return sources_told(), {mark.text for mark in dialled(who)}


def _let_in_again(workspace: "Workspace", who: str, *, sources: set[str], numbers: set[str], as_json: bool) -> None:
    from keepers.core.errors import NothingToDoError
    from keepers.loop.forgetting import take_tombstones_away
    from keepers.warehouse.tombstones import Mark

    reached = [Mark("email", who)] if "@" in who else [Mark("phone", number) for number in numbers]
    marks = [Mark("id", who), *reached]
    count = take_tombstones_away(workspace, marks, sources=sources)
    if not count:
        raise NothingToDoError("Nobody who was forgotten was known by that.")
    typer.echo(json.dumps({"back": who, "tombstones": count}) if as_json else "They may come in again from now on.")


def _tell(who: str, counts: dict[str, int], *, as_json: bool, done: bool, left: dict[str, Any] | None = None) -> None:
    if as_json:
        found = {"customer_id": who, "forgotten": done, "rows": counts, "left": left or {}}
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    if not done:
        for name, count in counts.items():
            typer.echo(f"{count:>10,}  {name}")
        return
    typer.echo("Forgotten. Backups and files that were taken away are out of reach: see to those yourself.")
    for name, count in (left or {}).items():
        typer.echo(f"Left: {name} {count}")
