"""`keepers acquire [VALUES]`: who the best customers are, and what prospects would be worth."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepers.cli.options import Json, Map
from keepers.cli.reading import read_mapping

if TYPE_CHECKING:
    from keepers.loop.market.acquiring import Acquired, AcquireRequest

Values = Annotated[
    Path | None, typer.Argument(help="Parquet file of: keepers value ORDERS --out values.parquet; else the workspace.")
]
Customers = Annotated[
    Path | None, typer.Option(help="A file of what was known of customers before they bought, a row each.")
]
Prospects = Annotated[Path | None, typer.Option(help="A file of people to value, with columns of the same names.")]
Use = Annotated[list[str] | None, typer.Option(help="Only this attribute; repeatable.")]
LeaveOut = Annotated[
    list[str] | None, typer.Option("--leave-out", help="Not this attribute, learned after they bought; repeatable.")
]
Of = Annotated[str, typer.Option("--of", help="Whom to describe: best tenth, or a group, such as slipping.")]
Out = Annotated[Path | None, typer.Option(help="Write the prospects, the most promising first: .csv or .parquet.")]
ProfileOut = Annotated[Path | None, typer.Option("--profile-out", help="Write the whole profile: .csv or .parquet.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Compute and print, but write no file.")]


def acquire(
    values: Values = None,
    customers: Customers = None,
    prospects: Prospects = None,
    use: Use = None,
    leave_out: LeaveOut = None,
    of: Of = "best tenth",
    mapping: Map = None,
    out: Out = None,
    profile_out: ProfileOut = None,
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Say what the best customers have more often than all, and value prospects by what is known of them."""
    from keepers.cli.tables_out import check_writable, write_table
    from keepers.insight.questions.profile import rows_of
    from keepers.loop.market.acquiring import AcquireRequest

    if out is not None and prospects is None:
        raise typer.BadParameter("--out: there is nobody to write. Name a file of people: --prospects FILE")
    for path in (out, profile_out):
        if path is not None:
            check_writable(path)
    header = read_mapping(mapping or []).get("customer_id")
    request = AcquireRequest(customers, header, prospects, tuple(use or ()), tuple(leave_out or ()), of)
    found = _found(values, request)
    if out is not None and found.prospects is not None and not dry_run:
        write_table(found.prospects, out)
    if profile_out is not None and not dry_run:
        write_table(rows_of(found.profile), profile_out)
    if as_json:
        typer.echo(json.dumps(found.as_json(), allow_nan=False, ensure_ascii=False))
        return
    _tell(found, out)


def _found(values: Path | None, request: "AcquireRequest") -> "Acquired":
    from keepers.loop.market.acquiring import acquire_from_file, acquire_from_run

    if values is not None:
        return acquire_from_file(values, request)
    from keepers.loop.files.order_files import NoOrdersError
    from keepers.loop.workspace import Workspace

    workspace = Workspace.named_by(os.environ)
    if not workspace.exists:
        raise NoOrdersError(f"There is no workspace in {workspace.folder}. Name a file of values: keepers acquire FILE")
    with workspace.opened() as store:
        return acquire_from_run(store.pinned(), request)


def _tell(found: "Acquired", out: Path | None) -> None:
    from keepers.cli.stories.acquire import tell_acquired  # what draws on a terminal is not needed for JSON

    tell_acquired(found, out)
