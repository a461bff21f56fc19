"""Experiments on files: lots for a list of customers, and a table of outcomes measured, without a workspace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from keepers.core.errors import KeepersError
from keepers.experiments.assigning import GLOBAL_CONTROL, HELD_OUT, Lottery, assign
from keepers.experiments.balance import shares_told
from keepers.experiments.effects import Floats, Sample
from keepers.experiments.measuring import Looking, Measurement, Outcomes, measure
from keepers.ingest.cells.amounts import NumberEvidence, to_numbers
from keepers.ingest.opening import open_source

CUSTOMER = "customer_id"
MEASURED = ("arm", "orders", "margin", "revenue", "probability", "cluster", CUSTOMER)


class ExperimentFileError(KeepersError):
    """A file that lacks what an experiment needs."""


@dataclass(frozen=True, slots=True)
class OutcomesFile:
    """A table with a row a customer: where it is and what its columns are called.

    mapping: our column → its header, for `MEASURED` and `customer_id`.
    known: headers of what was known before the lot, to take off what was to be expected.
    control: what the arm column says of the held-out.
    assignments: rows of `assignments` to join by customer; None: the arm is a column of the file.
    margin: share of revenue that is earned, where the file has revenue and no margin.
    """

    path: Path
    mapping: Mapping[str, str]
    known: Sequence[str]
    control: str = HELD_OUT
    assignments: Path | None = None
    margin: float = 0.30


def assign_file(
    path: Path,
    lottery: Lottery,
    *,
    mapping: Mapping[str, str],
    assigned_at: datetime,
    held_until: date | None,
    cluster: str | None,
) -> pa.Table:
    """The file's customers, each once, with their arms.

    Raises:
        ExperimentFileError: the file names no customers or no such cluster.
    """
    rows = _read(path)
    header = mapping.get(CUSTOMER, CUSTOMER)
    named = _column(rows, header, path).cast(pl.String)
    if named.is_null().any():
        raise ExperimentFileError(f"{named.null_count():,} rows of {path} name no customer in {header}. Mend them.")
    if cluster is None:
        return assign(
            lottery, named.unique(maintain_order=True).to_list(), assigned_at=assigned_at, held_until=held_until
        )
    once = pl.DataFrame({"who": named, "where": _column(rows, cluster, path).cast(pl.String).fill_null("")})
    once = once.unique(maintain_order=True)
    if once["who"].is_duplicated().any():
        raise ExperimentFileError(f"Some customers of {path} are in two clusters of {cluster}. Give each one.")
    return assign(
        lottery,
        once["who"].to_list(),
        assigned_at=assigned_at,
        held_until=held_until,
        clusters=once["where"].to_list(),
    )


def measure_file(
    file: OutcomesFile,
    *,
    costs: Mapping[str, float],
    looking: Looking,
    shares: Mapping[str, float] | None = None,
    planned: int | None = None,
) -> Measurement:
    """What each arm of a table of outcomes brought.

    Args:
        file: the table.
        costs: what an arm costs per customer [money].
        looking: plan, currency and level.
        shares: chance that the lots gave each arm; None: as the assignments say, where there are any.
        planned: people that were planned before the first look; None: those at hand.

    Raises:
        ExperimentFileError: a column is missing, a row names no arm, or nobody was held out.
        InvalidSharesError: a share that is not a number above zero.
        NotMeasurableError: an arm without people, or too few clusters.
    """
    rows, notes = _read(file.path), tuple[str, ...]()
    if file.assignments is not None:
        rows, notes = _joined(rows, file)
    arm = _cell(rows, file, "arm").cast(pl.String)
    taking_part = arm.ne_missing(GLOBAL_CONTROL)
    rows, arm = rows.filter(taking_part), arm.filter(taking_part)
    arms = [file.control, *sorted(set(arm.drop_nulls().to_list()) - {file.control})]
    if _blank(arm).any() or file.control not in set(arm):
        raise ExperimentFileError(
            f'The column of arms in {file.path} must name one for every row, among them "{file.control}" for the '
            f"held-out (there are: {', '.join(arms[1:6])}). Name theirs with --control."
        )
    places = {name: place for place, name in enumerate(arms)}
    chances = _probabilities(rows, file, arm, shares)
    sample = Sample(
        arm=arm.replace_strict(places, return_dtype=pl.Int64).to_numpy().astype(np.intp),
        probability=chances,
        known=_known(rows, file),
        cluster=_clusters(rows, file),
    )
    seen = 1.0 if planned is None else rows.height / planned
    found = measure(
        sample,
        _outcomes(rows, file),
        arms,
        costs=costs,
        looking=Looking(looking.currency, seen, looking.worth, looking.level),
        shares=shares or (shares_told(sample.arm, chances, arms) if _has(rows, file, "probability") else None),
    )
    return replace(found, notes=notes)


def read_assignments(path: Path) -> pl.DataFrame:
    """A file that `assign` wrote.

    Raises:
        ExperimentFileError: it lacks a column.
    """
    rows = _read(path)
    for name in (CUSTOMER, "arm", "probability"):
        _column(rows, name, path)
    return rows


def _read(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise ExperimentFileError(f"There is no file {path}. Name a CSV, Parquet or XLSX file.")
    blocks = [block.rows for block in open_source(path).blocks()]
    rows = pl.concat(blocks) if blocks else pl.DataFrame()
    if rows.is_empty():
        raise ExperimentFileError(f"{path} holds no rows.")
    return rows


def _joined(rows: pl.DataFrame, file: OutcomesFile) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Everybody who was assigned, with their outcomes, and notes on the rest; whoever has no row did nothing."""
    assert file.assignments is not None
    header = file.mapping.get(CUSTOMER, CUSTOMER)
    who = _column(rows, header, file.path).cast(pl.String)
    if who.is_duplicated().any():
        raise ExperimentFileError(f"Customers come twice in {file.path}; add their outcomes up to one row each.")
    drawn = read_assignments(file.assignments).select(CUSTOMER, "arm", "probability", *_cluster_drawn(file))
    drawn = drawn.with_columns(pl.col(CUSTOMER).cast(pl.String))
    strangers = who.len() - int(who.is_in(drawn[CUSTOMER].implode()).sum())
    if strangers == who.len():
        raise ExperimentFileError(
            f"No customer of {file.path} is among those of {file.assignments}. Take the assignments of this "
            f"experiment, and say with --map {CUSTOMER}=… which column names the customers."
        )
    notes = (f"{strangers:,} of {who.len():,} rows of {file.path} are of nobody assigned and were left out.",)
    kept = rows.drop([name for name in drawn.columns if name in rows.columns and name != header])
    joined = drawn.join(kept.with_columns(who.alias(CUSTOMER)), on=CUSTOMER, how="left", maintain_order="left")
    return joined, notes if strangers else ()


def _cluster_drawn(file: OutcomesFile) -> list[str]:
    """The assignments' cluster, where lots were drawn by one."""
    assert file.assignments is not None
    rows = _read(file.assignments)
    return ["cluster"] if "cluster" in rows.columns and not _blank(rows["cluster"]).all() else []


def _blank(cells: pl.Series) -> pl.Series:
    return cells.is_null() | (cells.cast(pl.String) == "")


def _cell(rows: pl.DataFrame, file: OutcomesFile, name: str) -> pl.Series:
    return _column(rows, file.mapping.get(name, name), file.path)


def _has(rows: pl.DataFrame, file: OutcomesFile, name: str) -> bool:
    return name in file.mapping or name in rows.columns


def _column(rows: pl.DataFrame, header: str, path: Path) -> pl.Series:
    if header not in rows.columns:
        raise ExperimentFileError(
            f'{path} has no column "{header}"; it has {", ".join(rows.columns)}. Say which is which with --map.'
        )
    return rows[header]


def _numbers(cells: pl.Series, path: Path) -> Floats:
    """The numbers; nan where a cell is empty."""
    evidence = NumberEvidence()
    evidence.add(cells)
    numbers = to_numbers(cells, decimal_mark=evidence.decimal_mark)
    if wrong := int((numbers.is_null() & ~_blank(cells)).sum()):
        raise ExperimentFileError(f'{wrong:,} cells of "{cells.name}" in {path} are no numbers. Mend them.')
    return numbers.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _outcomes(rows: pl.DataFrame, file: OutcomesFile) -> Outcomes:
    """An empty cell is somebody who did nothing."""
    found = {
        name: np.nan_to_num(_numbers(_cell(rows, file, name), file.path))
        for name in ("orders", "margin", "revenue")
        if _has(rows, file, name)
    }
    if not found:
        raise ExperimentFileError(f"{file.path} tells no outcome. Name one: --map orders=…, --map margin=… or revenue.")
    margin = found.get("margin")
    if margin is None and "revenue" in found:
        margin = found["revenue"] * file.margin
    return Outcomes(found.get("orders"), margin)


def _known(rows: pl.DataFrame, file: OutcomesFile) -> Floats:
    columns = [_numbers(_column(rows, header, file.path), file.path) for header in file.known]
    return np.column_stack(columns) if columns else np.zeros((rows.height, 0))


def _clusters(rows: pl.DataFrame, file: OutcomesFile) -> "np.ndarray[tuple[int], np.dtype[np.intp]] | None":
    """What was drawn as one: the column named, or that which `assign` writes beside the probability; None: each alone.

    As `assign` draws them, those without a cluster are one.
    """
    if "cluster" not in file.mapping:
        drawn = file.assignments is not None or _has(rows, file, "probability")
        if not drawn or "cluster" not in rows.columns or _blank(rows["cluster"]).all():
            return None
    return _cell(rows, file, "cluster").cast(pl.String).fill_null("").rank("dense").to_numpy().astype(np.intp)


def _probabilities(
    rows: pl.DataFrame, file: OutcomesFile, arm: pl.Series, shares: Mapping[str, float] | None
) -> Floats:
    """Each one's chance of the arm that they got: as told, else the arm's share of all."""
    if shares is None and _has(rows, file, "probability"):
        chances = _numbers(_cell(rows, file, "probability"), file.path)
        if not ((chances > 0) & (chances <= 1)).all():
            raise ExperimentFileError(f"A probability in {file.path} is not above 0 and at most 1. Mend it.")
        return chances
    counted = dict(arm.value_counts().iter_rows())
    told = shares or {name: count / len(arm) for name, count in counted.items()}
    if missing := sorted(set(counted) - set(told)):
        raise ExperimentFileError(f'No share was given for the arm "{missing[0]}". Give every arm one with --share.')
    return arm.replace_strict(told, return_dtype=pl.Float64).to_numpy()
