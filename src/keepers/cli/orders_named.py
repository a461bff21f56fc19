"""What a verb that asks of orders looks at: the files that were named, or the workspace."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepers.ingest.report import ImportOptions
    from keepers.warehouse.store import Store


@contextmanager
def orders_named(files: Sequence[Path], options: "ImportOptions", *, quiet: bool) -> "Iterator[Store]":
    """The orders of the files, or of the workspace where none is named.

    Raises:
        NoOrdersError: no file is named, and there is no workspace.
        KeepersError: a file cannot be read.
    """
    from keepers.cli.progress import progress_bar
    from keepers.loop.files.order_files import NoOrdersError, store_of_files
    from keepers.loop.workspace import Workspace
    from keepers.warehouse.engines.engine import DUCKDB, ENGINE_VARIABLE

    if not files:
        workspace = Workspace.named_by(os.environ)
        if not workspace.exists:
            raise NoOrdersError(f"There is no workspace in {workspace.folder}. Name order files, or import some.")
        with workspace.opened(to_value=True) as kept:
            yield kept.pinned()
        return
    engine = os.environ.get(ENGINE_VARIABLE) or DUCKDB
    with tempfile.TemporaryDirectory(prefix="keepers-") as folder, progress_bar(quiet=quiet) as progress:
        reading = store_of_files(files, options, folder=Path(folder), progress=progress, engine_url=engine)
        with reading as store:
            yield store
