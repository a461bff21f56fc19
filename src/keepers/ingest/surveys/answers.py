"""What surveys have in common: cells with their line, columns by the names people give them, numbers or an error."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from keepers.core.errors import KeepersError
from keepers.ingest.cells.amounts import NumberEvidence, is_missing, to_numbers
from keepers.ingest.opening import open_source

LINE = "_line"


class UnreadableSurveyError(KeepersError):
    """A file that is no survey, or a cell of one that cannot be read."""


def cells_of(path: Path) -> pl.DataFrame:
    """All rows as they stand, with their line in the column `LINE`.

    Raises:
        UnreadableFileError: the file cannot be opened.
        UnreadableSurveyError: a row is broken, or there are none.
    """
    blocks = list(open_source(path).blocks())
    broken = [row for block in blocks for row in block.broken]
    if broken:
        raise UnreadableSurveyError(f"Line {broken[0].line_number} of {path.name}: {broken[0].reason}. Mend it.")
    filled = [
        block.rows.with_columns(block.line_numbers.cast(pl.Int64).alias(LINE)) for block in blocks if block.rows.height
    ]
    if not filled:
        raise UnreadableSurveyError(f"{path.name} has a header but no rows. Export it again with its answers.")
    return pl.concat(filled, how="diagonal_relaxed")


def recognised(
    columns: Sequence[str], names: Mapping[str, tuple[str, ...]], mapping: Mapping[str, str], *, who: str
) -> dict[str, str]:
    """Which header is which column.

    Args:
        columns: headers of the file.
        names: what headers of each column are usually called, in small letters.
        mapping: header by column, which counts before the names.
        who: the column without which nothing can be read.

    Raises:
        UnreadableSurveyError: the mapping names what is not there, or the column `who` is not found.
    """
    if unknown := [name for name in mapping if name not in names]:
        raise UnreadableSurveyError(f"A survey has no column {unknown[0]}. It has: {', '.join(names)}.")
    if gone := [header for header in mapping.values() if header not in columns]:
        known = ", ".join(column for column in columns if column != LINE)
        raise UnreadableSurveyError(f'The file has no header "{gone[0]}". It has: {known}.')
    plain = {re.sub(r"\W+", "_", header.strip().lower()).strip("_"): header for header in columns}
    found = {}
    for column, usual in names.items():
        header = mapping.get(column) or next((plain[name] for name in usual if name in plain), None)
        if header is not None:
            found[column] = header
    if who not in found:
        raise UnreadableSurveyError(f"No column says who answered. Head one {who}. Or name it: --map {who}=HEADER")
    return found


def numbers_in(cells: pl.DataFrame, header: str) -> pl.Series:
    """A column of numbers; null where the cell is empty.

    Raises:
        UnreadableSurveyError: a cell holds anything else; names its line.
    """
    evidence = NumberEvidence()
    evidence.add(cells[header])
    found = to_numbers(cells[header], decimal_mark=evidence.decimal_mark)
    odd = found.is_null() & ~is_missing(cells[header])
    if odd.any():
        first = int(odd.arg_true()[0])
        raise UnreadableSurveyError(
            f'Line {cells[LINE][first]}, column "{header}": "{cells[header][first]}" is no number. Write one, or leave '
            "the cell empty."
        )
    return found
