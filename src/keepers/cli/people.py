"""`keepers import-people FILES…`: what another system knows of customers, into a workspace that has been served."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keepers.cli.options import Json
from keepers.core.errors import KeepersError

if TYPE_CHECKING:
    from keepers.crm.customers.exchange.models import PeopleImport

Files = Annotated[list[Path] | None, typer.Argument(help="Files of another system, or zips of them.")]
Mode = Annotated[str, typer.Option("--update", help="create, update or both: what may happen to rows.")]
Source = Annotated[str | None, typer.Option(help="Name of the system, under which its ids are known.")]
Country = Annotated[str, typer.Option(help="Two letters: of telephone numbers that name no country.")]
ConsentSource = Annotated[str | None, typer.Option(help="Where people said what they agreed to.")]
Clear = Annotated[bool, typer.Option("--clear-empty", help="An empty cell clears what is known.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "--preview", help="Show what would happen; change nothing.")]
Rejects = Annotated[Path | None, typer.Option("--rejects", help="Write every refused row with its reason to this CSV.")]
Undo = Annotated[int | None, typer.Option(help="Take this import back.")]
Forced = Annotated[bool, typer.Option("--forced", help="With --undo: also what somebody has changed since.")]


class NotServedError(KeepersError):
    """The workspace has no app database yet."""


class NotDoneError(KeepersError):
    """A step of an import did not come to its end."""


def import_people(
    files: Files = None,
    mode: Mode = "both",
    source: Source = None,
    country: Country = "",
    consent_source: ConsentSource = None,
    clear_empty: Clear = False,
    rejects: Rejects = None,
    undo: Undo = None,
    forced: Forced = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Bring people of another system into the app: recognised, joined, accounted for, and taken back."""
    if bool(files) == (undo is not None):
        raise typer.BadParameter("Name files, or --undo with the number of an import.")
    if mode not in {"create", "update", "both"}:
        raise typer.BadParameter(f'--update is "{mode}"; write create, update or both.')
    _load()
    if undo is not None:
        _take_back(undo, forced=forced, as_json=as_json)
        return
    settings = {"mode": mode, "empty": "clear" if clear_empty else "leave"}
    told = {"source": source, "region": country.upper() or None, "consent_source": consent_source}
    brought = _checked(files or [], settings | {name: value for name, value in told.items() if value})
    if not dry_run:
        _land(brought)
    if rejects is not None:
        _write_rejects(brought, rejects)
    _tell(brought, landed=not dry_run, as_json=as_json)
    if dry_run:
        _let_go(brought)


def _load() -> None:
    from keepers.loop.workspace import Workspace

    workspace = Workspace.named_by(os.environ)
    if not (workspace.app_database.exists() or os.environ.get("DATABASE_URL")):
        raise NotServedError("This workspace has never been served, so no app knows its people. Run: keepers serve")
    from keepers.web.starting import bring_up_to_date

    bring_up_to_date()


def _checked(files: list[Path], settings: dict[str, str]) -> "PeopleImport":
    from django.utils import timezone

    from keepers.crm.customers.exchange import actions, work
    from keepers.crm.customers.exchange.recognising.layout import from_json

    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise NotDoneError(f"There is no file {missing[0]}. Check the path.")
    brought = actions.begin(files, by=None, at=timezone.now())
    actions.choose(brought, from_json(brought.tables), settings, by=None, at=timezone.now())
    _do(actions.queued_check(brought, at=timezone.now()), work.check)
    brought.refresh_from_db()
    return brought


def _land(brought: "PeopleImport") -> None:
    from django.utils import timezone

    from keepers.crm.customers.exchange import actions, work

    _do(actions.queued_landing(brought, at=timezone.now()), work.land)
    brought.refresh_from_db()


def _take_back(number: int, *, forced: bool, as_json: bool) -> None:
    from django.utils import timezone

    from keepers.crm.customers.exchange import actions, work
    from keepers.crm.customers.exchange.models import PeopleImport

    brought = PeopleImport.objects.filter(pk=number).first()
    if brought is None:
        raise NotDoneError(f"There is no import {number} of people.")
    _do(actions.queued_undo(brought, at=timezone.now(), forced=forced), work.undo)
    brought.refresh_from_db()
    if as_json:
        typer.echo(json.dumps({"import": number, "undone": True, "left_alone": brought.left_alone}))
        return
    typer.echo(f"Import {number} is taken back; {len(brought.left_alone)} customers who were changed since are left.")


def _do(job: Any, work: Any) -> None:
    """Do a job here and now, as the worker does."""
    from keepers.crm.jobs.carrying_out import carry_out
    from keepers.crm.jobs.models import Job

    carry_out(job.pk, work)
    job.refresh_from_db()
    if job.state != Job.State.DONE:
        raise NotDoneError(job.error or f"It did not come to its end: {job.get_state_display()}.")


def _write_rejects(brought: "PeopleImport", path: Path) -> None:
    from keepers.crm.customers.exchange.queries import refused_as_csv

    with path.open("wb") as file:
        file.writelines(refused_as_csv(brought))


def _tell(brought: "PeopleImport", *, landed: bool, as_json: bool) -> None:
    from keepers.crm.customers.exchange.queries import accounts_of, totals_of

    accounts = accounts_of(brought)
    totals = totals_of(accounts)
    if as_json:
        tables = [
            {
                "name": account["table"].name,
                "noun": account["table"].noun,
                "notes": account["notes"],
                **{name: account[name] for name in totals},
            }
            for account in accounts
        ]
        found = {"import": brought.pk, "system": brought.system, "landed": landed, **totals, "tables": tables}
        typer.echo(json.dumps(found | {"problems": brought.problems, "owners": brought.owners}, ensure_ascii=False))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    shown.add_column("table")
    shown.add_column("is")
    for name in totals:
        shown.add_column(name, justify="right", no_wrap=True)
    for account in accounts:
        shown.add_row(account["table"].name, account["table"].noun, *(f"{account[name]:,}" for name in totals))
    Console().print(shown)
    for _name, why in brought.problems:
        typer.echo(why)
    unmatched = [name for name, user in brought.owners.items() if user is None]
    if unmatched:
        typer.echo(f"Owners whom nobody here is called: {', '.join(unmatched)}.")
    done = f"Imported as {brought.pk}. To take it back: keepers import-people --undo {brought.pk}"
    typer.echo(done if landed else "Nothing was changed.")


def _let_go(brought: "PeopleImport") -> None:
    from django.utils import timezone

    from keepers.crm.customers.exchange import actions

    actions.let_go(brought, at=timezone.now())
