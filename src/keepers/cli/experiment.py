"""`keepers experiment assign | measure | size`: who is held out by lot, what it brought, and how many it takes."""

import json
import math
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepers.cli.options import AsOf, Json, Map, Margin
from keepers.cli.reading import read_day, read_mapping
from keepers.core.percent import percent

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from keepers.experiments.assigning import Lottery
    from keepers.experiments.measuring import Measurement
    from keepers.loop.experiments.experimenting import Look

experiment = typer.Typer(
    help="Hold some out by lot, and measure what the others' action brought.", no_args_is_help=True
)

Name = Annotated[str, typer.Option("--experiment", help="Name of the experiment; it is part of every lot.")]
Action = Annotated[str, typer.Option("--action", help="What is done, as the plan calls it.")]
Arms = Annotated[list[str] | None, typer.Option("--arm", help="ARM or ARM=WEIGHT, once an arm; else one: the action.")]
HeldShare = Annotated[float, typer.Option(min=0.001, max=0.999, help="Share that is held out.")]
GlobalShare = Annotated[float, typer.Option(min=0, max=0.5, help="Share of all whom every experiment leaves alone.")]
Cluster = Annotated[str | None, typer.Option(help="Column of what is drawn as one: region, shop, week.")]
Seed = Annotated[int, typer.Option(help="Another seed draws other lots.")]
HeldUntil = Annotated[str | None, typer.Option(help="Last day on which outcomes count: 2024-06-30.")]
Out = Annotated[Path | None, typer.Option(help="Write the table: .parquet or .csv.")]
Control = Annotated[str, typer.Option(help="What the column of arms says of the held-out.")]
Known = Annotated[
    list[str] | None,
    typer.Option("--known", help="Column known before the lot, such as expected_orders or period_value; repeatable."),
]
Costs = Annotated[list[str] | None, typer.Option("--cost", help="ARM=MONEY per customer, once an arm.")]
Shares = Annotated[list[str] | None, typer.Option("--share", help="ARM=SHARE that the lots gave, the held-out too.")]
Planned = Annotated[
    int | None,
    typer.Option(min=2, help="Where people arrive one by one: how many in all, fixed before the first look."),
]
Worth = Annotated[float | None, typer.Option(min=0, help="The smallest gain per customer that matters.")]
Currency = Annotated[str | None, typer.Option(help="Currency of the money, such as EUR.")]


@experiment.command("assign")
def assign(
    name: Name,
    action: Action,
    customers: Annotated[
        Path | None, typer.Argument(help="File with a customer_id column. Otherwise the workspace's latest run.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Of a workspace: only customers of this group.")] = None,
    out: Out = None,
    arms: Arms = None,
    held_share: HeldShare = 0.1,
    global_share: GlobalShare = 0.0,
    cluster: Cluster = None,
    seed: Seed = 0,
    held_until: HeldUntil = None,
    mapping: Map = None,
    as_json: Json = False,
) -> None:
    """Draw who gets what by lot, before anything is sent."""
    from keepers.cli.tables_out import check_writable, write_table
    from keepers.experiments.assigning import Lottery

    if customers is not None and out is None:
        raise typer.BadParameter("--out: name the file to write the arms to; only a workspace keeps them itself.")
    if out is not None:
        check_writable(out)
    weights = dict(_pair("--arm", text, 1.0) for text in arms or [])
    lottery = Lottery(name, action, held_share, weights, global_share, seed)
    until = read_day("--held-until", held_until)
    if customers is None:
        drawn = _drawn_in_workspace(lottery, group, until, cluster)
    else:
        from keepers.loop.files.experiment_files import assign_file

        named = read_mapping(mapping or [])
        now = datetime.now(UTC)
        drawn = assign_file(customers, lottery, mapping=named, assigned_at=now, held_until=until, cluster=cluster)
    if out is not None:
        write_table(drawn, out)
    counts = {str(row["values"]): int(row["counts"]) for row in drawn["arm"].value_counts().to_pylist()}
    if as_json:
        typer.echo(
            json.dumps(
                {"experiment": name, "arms": counts, "file": None if out is None else str(out)}, ensure_ascii=False
            )
        )
        return
    told = ", ".join(f"{count:,} {arm}" for arm, count in sorted(counts.items(), key=lambda each: -each[1]))
    kept = "kept in the workspace" if out is None else f"in {out}"
    typer.echo(f"{drawn.num_rows:,} customers by lot: {told}. They are {kept}.")


@experiment.command("measure")
def measure(
    outcomes: Annotated[
        Path | None, typer.Argument(help="File with a row a customer: what came of it. Otherwise the workspace.")
    ] = None,
    assignments: Annotated[Path | None, typer.Option(help="What assign wrote; else a column says the arm.")] = None,
    control: Control = "held out",
    known: Known = None,
    costs: Costs = None,
    shares: Shares = None,
    planned: Planned = None,
    worth: Worth = None,
    margin: Margin = 0.30,
    currency: Currency = None,
    mapping: Map = None,
    out: Out = None,
    name: Name = "",
    action: Action = "",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say what each arm brought per customer, with an interval that may be looked at every day, and a verdict."""
    from keepers.cli.tables_out import check_writable, write_table
    from keepers.experiments.measuring import Looking, as_effects
    from keepers.loop.files.experiment_files import OutcomesFile, measure_file

    if out is not None:
        check_writable(out)
    by_arm = dict(_pair("--cost", text) for text in costs or [])
    if outcomes is None:
        look = _measured_in_workspace(name, read_day("--as-of", as_of), by_arm or None, worth)
        _tell(look.found, look.currency, as_json=as_json)
        return
    file = OutcomesFile(outcomes, read_mapping(mapping or []), known or (), control, assignments, margin)
    measured = measure_file(
        file,
        costs=by_arm,
        looking=Looking(currency=currency, worth=worth),
        shares=dict(_pair("--share", text) for text in shares) if shares else None,
        planned=planned,
    )
    if out is not None:
        named = name or outcomes.stem
        write_table(as_effects(measured, experiment=named, action=action or named, measured_at=datetime.now(UTC)), out)
    _tell(measured, currency, as_json=as_json)


@experiment.command("trials")
def trials(as_of: AsOf = None, out: Out = None, as_json: Json = False) -> None:
    """Say who gets what, or does without, in the workspace's standing trials, and until when."""
    from keepers.cli.tables_out import check_writable, write_table
    from keepers.decisions.planning import left_out
    from keepers.loop.experiments.trials import on_trial
    from keepers.loop.plans.kept import latest_plan
    from keepers.loop.workspace import Workspace

    if out is not None:
        check_writable(out)
    with Workspace.named_by(os.environ).opened() as store:
        found = on_trial(store, read_day("--as-of", as_of) or datetime.now(UTC).date())
        plan = latest_plan(store) if as_of is None else None
    account = {} if plan is None else plan.account
    too_few, waiting = (account.get(name, []) for name in ("too_few_for", "waiting_for_others"))
    if out is not None:
        write_table(found.table(), out)
    counts = {name: found.counts(name) for name in found.actions}
    if as_json:
        told = {name: {"people": treated, "people_held": held} for name, (treated, held) in counts.items()}
        until = None if found.until is None else found.until.isoformat()
        left = {"too_few_for": too_few, "waiting_for_others": waiting}
        typer.echo(json.dumps({"trials": told, "held_until": until, **left}, ensure_ascii=False))
        return
    if found.until is None and (too_few or waiting):
        typer.echo("Nothing is on trial.")
    elif found.until is None:
        typer.echo("Nothing is on trial. Write [trial] share = 0.3 into costs.toml, then: keepers run")
    for name, (treated, held) in counts.items():
        typer.echo(f"{name}: {treated:,} get it, {held:,} do without, by lot, until {found.until}.")
    if left_told := left_out(too_few, waiting, stands=found.until is not None).strip():
        typer.echo(left_told)


@experiment.command("size")
def size(
    people: Annotated[int, typer.Option(min=2, help="Customers who could take part.")],
    gain: Annotated[float, typer.Option(min=0, help="The smallest gain per customer worth knowing of.")],
    spread: Annotated[float, typer.Option(min=0, help="Standard deviation of a customer's margin within the window.")],
    arms: Annotated[int, typer.Option("--arms", min=1, help="Arms beside the held-out.")] = 1,
    currency: Currency = None,
    as_json: Json = False,
) -> None:
    """Propose how many to hold out: enough to see the gain that matters, and no more."""
    from keepers.core.money import money
    from keepers.experiments.sizing import propose

    proposed = propose(people, spread, gain, arms=arms)
    if as_json:
        typer.echo(json.dumps(proposed.as_json()))
        return
    held = f"Hold out {percent(proposed.held_share, 1)} of {people:,} people ({proposed.held_share * people:,.0f})"
    if proposed.is_enough:
        typer.echo(
            f"{held}: that shows a gain of {money(proposed.detectable_gain, currency)} per customer four times in five."
        )
    else:
        typer.echo(
            f"{people:,} people are too few for {money(gain, currency)} per customer: it takes "
            f"{proposed.people_needed:,}. Half of them held out, "
            f"{money(proposed.detectable_gain, currency)} per customer would show."
        )


def _drawn_in_workspace(lottery: "Lottery", group: str | None, until: "date | None", cluster: str | None) -> "pa.Table":
    from keepers.loop.experiments.experimenting import draw_lots
    from keepers.loop.workspace import Workspace

    with Workspace.named_by(os.environ).opened() as store:
        now = datetime.now(UTC)
        return draw_lots(store, lottery, group=group, assigned_at=now, held_until=until, cluster=cluster)


def _measured_in_workspace(
    name: str, as_of: "date | None", costs: dict[str, float] | None, worth: float | None
) -> "Look":
    from keepers.loop.experiments.experimenting import measure_kept
    from keepers.loop.workspace import Workspace

    now = datetime.now(UTC)
    with Workspace.named_by(os.environ).opened() as store:
        return measure_kept(store, name, as_of=as_of, costs=costs, worth=worth, measured_at=now)


def _tell(measured: "Measurement", currency: str | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(measured.as_json(), allow_nan=False, ensure_ascii=False))
    else:
        _show(measured, currency)


def _pair(option: str, text: str, default: float | None = None) -> tuple[str, float]:
    """`ARM=NUMBER`, or `ARM` alone where there is a default."""
    name, _, number = text.rpartition("=") if "=" in text else (text, "", "")
    try:
        value = float(number) if number else default
    except ValueError:
        value = None
    if value is None or not math.isfinite(value) or not name.strip():
        raise typer.BadParameter(f'{option}: "{text}" is not ARM=NUMBER, such as letter=0.85.')
    return name.strip(), value


def _show(measured: "Measurement", currency: str | None) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from keepers.core.money import money
    from keepers.experiments.verdicts import signed

    console = Console(markup=False, emoji=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("Arm", "People", "Held out", "Orders per customer", "Margin per customer", "Cost per customer"):
        table.add_column(heading, justify="left" if heading == "Arm" else "right")
    for arm in measured.arms:
        found = [
            "–" if gain is None or gain.interval is None
            else f"{gain.interval.mean:+.4f} ({gain.interval.low:.4f} to {gain.interval.high:.4f})"
            for gain in (arm.orders, arm.margin)
        ]  # fmt: skip
        table.add_row(arm.arm, f"{arm.people:,}", f"{arm.people_held:,}", *found, money(arm.cost, currency))
    for arm in measured.arms:
        console.print(f"{arm.arm}: {arm.verdict.sentence}", style="bold", highlight=False)
    console.print(table)
    for arm in measured.arms:
        if arm.stayed is not None and arm.stayed.whole is not None and arm.stayed.whole.interval is not None:
            whole = arm.stayed.whole.interval
            console.print(
                f"{arm.arm}: with what those are worth who stay {signed(whole.mean, currency)} per customer "
                f"({money(whole.low, currency)} to {money(whole.high, currency)}), cost not counted."
            )
    together = "all of them together" if len(measured.arms) > 1 else "at every look"
    console.print(f"Intervals hold with {percent(measured.level)}, {together}, however often one looks.", style="dim")
    for note in measured.notes:
        console.print(note)
    if measured.balance is None:
        console.print("Whether the arms hold the people that the lots gave is not checked: no --share was given.")
