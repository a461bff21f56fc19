"""`keepers export TABLE`: the latest run's values, or any table of the workspace, as CSV or Parquet."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from keepers.cli.options import AsOf, Json
from keepers.cli.reading import read_day

Name = Annotated[
    str, typer.Argument(help="values (the latest run's), a table or a view: order_lines, occasions, runs …")
]
Out = Annotated[Path, typer.Option(help="Where to write: .csv or .parquet.")]
RunId = Annotated[str | None, typer.Option("--run", help="Values of this run instead of the latest.")]
Customer = Annotated[str | None, typer.Option("--customer", help="All that is known of this customer, as a zip.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Count the rows, but write no file.")]


def export(
    name: Name = "values",
    out: Out = Path("values.csv"),
    run_id: RunId = None,
    as_of: AsOf = None,
    customer: Customer = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Write values, a table or a view to a file; text in a CSV cannot act as a formula. Or all about one customer."""
    if customer is not None:
        from keepers.cli.takeout import take_out

        take_out(customer, out, dry_run=dry_run, as_json=as_json)
        return
    from keepers.cli.tables_out import write_table
    from keepers.loop.exports import exported, spreadsheet_safe
    from keepers.loop.workspace import Workspace

    day = read_day("--as-of", as_of)
    with Workspace.named_by(os.environ).opened() as store:
        rows = exported(store, name, run_id=run_id, as_of=day)
    if not dry_run:
        write_table(spreadsheet_safe(rows) if out.suffix == ".csv" else rows, out)
    if as_json:
        typer.echo(json.dumps({"table": name, "rows": rows.num_rows, "file": None if dry_run else str(out)}))
    else:
        typer.echo(f"{rows.num_rows:,} rows of {name} " + ("would be written." if dry_run else f"are in {out}."))
