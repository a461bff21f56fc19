"""Opens a file as what it is, by its content first and its name second."""

from pathlib import Path

from keepers.ingest.files import ending_of, unpacked
from keepers.ingest.sources import Source, UnreadableFileError
from keepers.ingest.sources.delimited import DelimitedSource
from keepers.ingest.sources.parquet import ParquetSource


def open_source(path: Path) -> Source:
    """The source behind a file.

    Raises:
        UnreadableFileError: the file is empty, damaged or of a kind that cannot be read.
    """
    if path.stat().st_size == 0:
        raise UnreadableFileError(f"{path} is empty: it holds no rows. Export it again.")
    with path.open("rb") as file:
        magic = file.read(8)
    if magic.startswith(b"PAR1"):
        return ParquetSource(path)
    source = DelimitedSource.open(path)
    if source is None:
        raise UnreadableFileError(f"{path} shows no columns: no delimiter splits its lines alike.")
    return source
