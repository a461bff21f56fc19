"""`keepers value ORDERS...`: the main job on any file, no workspace needed."""

import json
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keepers.cli.options import (
    AnyModel,
    AsOf,
    By,
    Contract,
    CostToServe,
    Currency,
    Dates,
    Discount,
    Duplicates,
    Holdout,
    Horizon,
    Join,
    Json,
    Map,
    Margin,
    PeriodUnit,
    PosteriorChoice,
    PromotionsFile,
    Rates,
    Rejects,
    Sheets,
    SpendChoice,
    ValueCap,
    Zone,
)
from keepers.cli.reading import (
    check_model,
    read_day,
    read_holdout,
    read_mapping,
    read_period,
    read_sheets,
    read_unit,
    refuse_for_contracts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from keepers.core.periods import RenewalPeriod
    from keepers.ingest.report import Progress
    from keepers.loop.files.value_contracts import ValuedContracts
    from keepers.loop.files.value_orders import ValuedOrders, ValueRequest
    from keepers.valuation.choosing.promotions import Promotion

Files = Annotated[list[Path], typer.Argument(help="Order files or folders: CSV, TSV, Parquet, XLSX, JSON lines, gzip.")]
Out = Annotated[Path | None, typer.Option(help="Write the table: .parquet or .csv.")]
MonthsOut = Annotated[Path | None, typer.Option(help="Write the base's months to come: .parquet or .csv.")]
BacktestOut = Annotated[Path | None, typer.Option(help="Write the backtest, a row a customer: .parquet or .csv.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Compute and print, but write no file.")]


def value(
    orders: Files,
    contract: Contract = False,
    mapping: Map = None,
    sheets: Sheets = None,
    join: Join = True,
    as_of: AsOf = None,
    unit: PeriodUnit = None,
    horizon: Horizon = "52w",
    value_cap: ValueCap = "5y",
    annual_discount: Discount = 0.10,
    margin: Margin = 0.30,
    currency: Currency = None,
    rates: Rates = None,
    model: AnyModel = "auto",
    by: By = None,
    spend: SpendChoice = "auto",
    cost_to_serve: CostToServe = None,
    posterior: PosteriorChoice = "auto",
    promotions: PromotionsFile = None,
    holdout: Holdout = None,
    dates: Dates = "auto",
    duplicates: Duplicates = "auto",
    timezone: Zone = "UTC",
    out: Out = None,
    months_out: MonthsOut = None,
    backtest_out: BacktestOut = None,
    rejects: Rejects = None,
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Say what every customer in an order file, or under contract, is worth, and how sure that is."""
    from keepers.cli.lighter_start import leave_for_later, leave_pandas_out, look_for_garbage_seldom

    look_for_garbage_seldom()
    from keepers.cli.progress import progress_bar
    from keepers.cli.tables_out import NothingToWriteError, check_writable, write_table
    from keepers.ingest.report import ImportOptions
    from keepers.loop.files.value_orders import ValueRequest
    from keepers.valuation.assumptions import CONTRACT_MODELS, MODELS, Assumptions
    from keepers.warehouse.engines.engine import DUCKDB, ENGINE_VARIABLE

    leave_pandas_out()
    leave_for_later()
    check_model(model, CONTRACT_MODELS if contract else MODELS, contract=contract)
    if contract:
        given = {"--by": by, "--spend": spend != "auto", "--cost-to-serve": cost_to_serve is not None}
        refuse_for_contracts(given | {"--months-out": months_out, "--promotions": promotions})
    request = ValueRequest(
        paths=tuple(orders),
        options=ImportOptions(
            mapping=read_mapping(mapping or []),
            sheets=read_sheets(sheets),
            joins=join,
            dates=dates,
            duplicates=duplicates,
            timezone=timezone,
            source=None,
            batch_id="file",
        ),
        assumptions=Assumptions(
            horizon=read_period("--horizon", horizon),
            value_cap=read_period("--value-cap", value_cap),
            annual_discount=annual_discount,
            margin=margin,
            unit=read_unit(None if contract else unit),
            currency=currency,
            model=model,
            by=tuple(by or ()),
            spend=spend,
            cost_to_serve=cost_to_serve,
            posterior=posterior,
            promotions=() if promotions is None else _promotions_of(promotions),
        ),
        as_of=read_day("--as-of", as_of),
        holdout_days=read_holdout(holdout),
        rates=rates,
        engine_url=os.environ.get(ENGINE_VARIABLE) or DUCKDB,
    )
    for path in (out, months_out, backtest_out, rejects):
        if path is not None and not dry_run:
            check_writable(path)
    with tempfile.TemporaryDirectory(prefix="keepers-") as folder, progress_bar(quiet=as_json) as progress:
        valued, tell = _valued(request, contract=contract, unit=unit, folder=Path(folder), progress=progress)
    written = (
        (out, valued.table),
        (months_out, valued.months),
        (backtest_out, valued.backtest_table),
        (rejects, valued.rejects),
    )
    for path, table in () if dry_run else written:
        if path is not None and table is not None:
            write_table(table, path)
    missing = ((months_out, valued.months, "are no months"), (backtest_out, valued.backtest_table, "is no backtest"))
    lacking = [
        f"There {words} to write to {path}: see the warnings."
        for path, table, words in (() if dry_run else missing)
        if path is not None and table is None
    ]
    if as_json:
        found = valued.as_json() | ({"error": " ".join(lacking)} if lacking else {})
        typer.echo(json.dumps(found, allow_nan=False, ensure_ascii=False))
    else:
        tell()
    if lacking:
        raise NothingToWriteError(" ".join(lacking))


def _promotions_of(path: Path) -> "tuple[Promotion, ...]":
    from keepers.valuation.choosing.promotions import read_promotions  # it brings the engine along

    return read_promotions(path)


def _valued(
    request: "ValueRequest",
    *,
    contract: bool,
    unit: "RenewalPeriod | None",
    folder: Path,
    progress: "Callable[[Progress], None] | None",
) -> "tuple[ValuedOrders | ValuedContracts, Callable[[], None]]":
    """The values, and what tells their story; only the side that is asked for is loaded."""
    if contract:
        from keepers.loop.files.value_contracts import value_contracts

        contracts = value_contracts(request, unit=unit, folder=folder, progress=progress)
        return contracts, partial(_tell_contracts, contracts)
    from keepers.loop.files.value_orders import value_orders

    orders = value_orders(request, folder=folder, progress=progress)
    return orders, partial(_tell, orders)


def _tell(valued: "ValuedOrders") -> None:
    from keepers.cli.stories.value import tell  # what draws on a terminal is not needed for JSON

    tell(valued)


def _tell_contracts(valued: "ValuedContracts") -> None:
    from keepers.cli.stories.contracts import tell_contracts  # as above

    tell_contracts(valued)
