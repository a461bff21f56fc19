"""`keepers plan VALUES`: who to keep, grow, win back, serve cheaper or stop mailing, under a budget."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepers.cli.options import Json

if TYPE_CHECKING:
    from keepers.loop.plans.making import PlannedFile

Values = Annotated[Path | None, typer.Argument(help="Parquet file of: keepers value ORDERS --out values.parquet")]
Limit = float | None
Budget = Annotated[Limit, typer.Option(min=0, help="Money for a year; without it, as much as pays.")]
Costs = Annotated[Path | None, typer.Option(help="TOML file of costs and effects; else shipped assumptions.")]
Wallet = Annotated[Path | None, typer.Option(help="Shares of wallet, as `keepers wallet --out` writes them.")]
Hours = Annotated[Limit, typer.Option("--staff-hours", min=0, help="Staff hours for a year.")]
Mailings = Annotated[Limit, typer.Option(min=0, help="Mailings and offers for a year, all customers together.")]
Calls = Annotated[Limit, typer.Option(min=0, help="Calls for a year, all customers together.")]
Visits = Annotated[Limit, typer.Option(min=0, help="Visits for a year, all customers together.")]
Out = Annotated[Path | None, typer.Option(help="Write the lines, one a customer: .csv or .parquet.")]
StopOut = Annotated[
    Path | None, typer.Option("--stop-out", help="Write whose mailings to stop, ranked: .csv or .parquet.")
]
ShowCosts = Annotated[
    bool, typer.Option("--show-costs", help="Print the shipped costs and effects, to start a file from.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Compute and print, but write no file.")]


def plan(
    values: Values = None,
    budget: Budget = None,
    costs: Costs = None,
    wallet: Wallet = None,
    hours: Hours = None,
    mailings: Mailings = None,
    calls: Calls = None,
    visits: Visits = None,
    out: Out = None,
    stop_out: StopOut = None,
    as_json: Json = False,
    dry_run: DryRun = False,
    show_costs: ShowCosts = False,
) -> None:
    """Say what to do about every customer, what it costs, what it should add, and what that rests on."""
    if show_costs:
        from keepers.decisions.terms.costs_file import shipped_defaults

        typer.echo(shipped_defaults(), nl=False)
        return
    if values is None:
        raise typer.BadParameter("Name the file of values: keepers value ORDERS --out values.parquet writes it.")
    from keepers.cli.tables_out import check_writable, write_table
    from keepers.loop.plans.making import PlanRequest, plan_of_file

    written = [] if dry_run else [path for path in (out, stop_out) if path is not None]
    for path in written:
        check_writable(path)
    asked = {"money": budget, "hours": hours, "mailings": mailings, "calls": calls, "visits": visits}
    caps = {name: limit for name, limit in asked.items() if limit is not None}
    planned = plan_of_file(values, PlanRequest(costs, caps, wallet))
    for path in written:
        write_table(planned.plan.table if path == out else planned.plan.stopping.table, path)
    if as_json:
        typer.echo(json.dumps(planned.as_json(), allow_nan=False, ensure_ascii=False))
        return
    _tell(planned)


def _tell(planned: "PlannedFile") -> None:
    from keepers.cli.stories.plan import tell_plan  # what draws on a terminal is not needed for JSON

    tell_plan(planned)
