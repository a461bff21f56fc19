"""The importer's front door: files in; order lines, products, customers, rejected rows and their account out."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from keepers.core.errors import KeepersError
from keepers.ingest.passes.reading import read_as_assumed, read_lines
from keepers.ingest.passes.writing import write_lines
from keepers.ingest.products import products_of
from keepers.ingest.recognising.layouts import layouts_of
from keepers.ingest.recognising.whole_columns import Assumed, survey
from keepers.ingest.report import ImportOptions, OrderImport, Progress
from keepers.warehouse.tombstones import NOBODY, Forgotten


class UnknownZoneError(KeepersError):
    """The firm's time zone has a name that no time zone has."""


def read_orders(
    paths: Sequence[Path],
    *,
    options: ImportOptions,
    into: Path,
    progress: Callable[[Progress], None] | None = None,
    forgotten: Forgotten = NOBODY,
) -> OrderImport:
    """Read order files into Parquet parts in the folder `into`.

    Three passes, each in blocks of bounded size: the survey decides what only whole columns can tell (day or month
    first, the decimal mark), and is left out where the rows are plain; the reading makes lines and sets rejected rows
    aside; the writing numbers the lines of each order and drops exact duplicates. Rows of whoever was forgotten are
    rejected, without their text.

    Raises:
        KeepersError: a file cannot be read, the needed columns are not found, the dates are ambiguous, or the time
            zone does not exist.
    """
    must_be_a_zone(options.timezone)
    into.mkdir(parents=True, exist_ok=True)
    layouts = layouts_of(paths, options)
    staged = read_as_assumed(Assumed.of(layouts, options), into, progress, forgotten)
    if staged is None:
        staged = read_lines(survey(layouts, options, progress), into, progress, forgotten)
    imported = write_lines(staged, products_of(layouts, staged, options), options, into, progress)
    customers = staged.descriptions.write(source=layouts.source, batch_id=options.batch_id)
    return replace(imported, customers=customers)


def must_be_a_zone(name: str) -> None:
    """Refuse a time zone that does not exist."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZoneError(
            f'There is no time zone "{name}". Pass --timezone with a name such as Europe/Berlin or UTC.'
        ) from None
