"""Order files without a workspace: a store in memory, for as long as questions are asked of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from keepers.core.errors import KeepersError
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions, Progress
from keepers.warehouse.engines.engine import DUCKDB
from keepers.warehouse.store import MemoryStore


class NoOrdersError(KeepersError):
    """Nothing to answer from."""


@contextmanager
def store_of_files(
    paths: Sequence[Path],
    options: ImportOptions,
    *,
    folder: Path,
    progress: Callable[[Progress], None] | None = None,
    engine_url: str = DUCKDB,
) -> Iterator[MemoryStore]:
    """The lines and products of order files.

    Args:
        paths: files or folders.
        options: how to read them.
        folder: an empty folder for what does not fit in memory; the caller removes it.
        progress: called now and then while files are read.
        engine_url: the engine of the questions.

    Raises:
        KeepersError: a file cannot be read.
    """
    store = MemoryStore(folder / "store", engine_url=engine_url)  # a wrong address is told before files are read
    try:
        imported = read_orders(paths, options=options, into=folder / "lines", progress=progress)
        store.append("order_lines", imported.lines)
        store.append("products", imported.products)
        yield store
    finally:
        store.close()
