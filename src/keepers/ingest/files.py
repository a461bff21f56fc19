"""Which files an import means, their bytes (unpacked where they are compressed) and their fingerprints."""

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from keepers.ingest.sources import UnreadableFileError

ENDINGS = (
    ".csv",
    ".tsv",
    ".tab",
    ".txt",
    ".parquet",
    ".pq",
    ".xlsx",
    ".xlsm",
    ".xls",
    ".ods",
    ".jsonl",
    ".ndjson",
    ".json",
)
_PACKED = (".gz", ".zip")
_CHUNK = 1 << 20


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files that the paths name; a folder means the order files directly inside, in the order of their names."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += _files_in(path)
        elif path.is_file():
            found.append(path)
        else:
            raise UnreadableFileError(f"There is no file or folder {path}. Check the path.")
    if not found:
        raise UnreadableFileError("No file was named. Pass one or more order files, or a folder that holds them.")
    return list(dict.fromkeys(found))


def _files_in(folder: Path) -> list[Path]:
    inside = sorted(path for path in folder.iterdir() if path.is_file() and _may_hold_orders(path))
    if not inside:
        raise UnreadableFileError(
            f"The folder {folder} holds no file that can be read. Keepers reads {', '.join(ENDINGS)}, "
            "also as .gz or .zip."
        )
    return inside


def _may_hold_orders(path: Path) -> bool:
    if path.name.startswith((".", "~$")):
        return False
    return ending_of(path) in ENDINGS or path.suffix.lower() in _PACKED


def ending_of(path: Path) -> str:
    """The ending that says what the file holds, without the one that says how it is packed."""
    stem = path.with_suffix("") if path.suffix.lower() in _PACKED else path
    return stem.suffix.lower()


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, out of its gzip or zip where it is packed; recognised by content, not by name.

    Raises:
        UnreadableFileError: the packing is damaged, or holds more than one file.
    """
    try:
        with path.open("rb") as file, _content(file, path) as content:
            yield content
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableFileError(f"{path} is packed but damaged: {error}. Copy or export it again.") from error


@contextmanager
def _content(file: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    magic = file.read(4)
    file.seek(0)
    if magic[:2] == b"\x1f\x8b":
        with gzip.open(file) as content:
            yield cast("BinaryIO", content)
    elif magic == b"PK\x03\x04":
        with zipfile.ZipFile(file) as archive, archive.open(_only_member(archive, path)) as content:
            yield cast("BinaryIO", content)
    else:
        yield file


def _only_member(archive: zipfile.ZipFile, path: Path) -> str:
    members = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    if len(members) != 1:
        raise UnreadableFileError(
            f"{path} holds {len(members)} files; Keepers reads a .zip that holds one. Unpack it and pass the folder."
        )
    return members[0]


def fingerprint(path: Path) -> str:
    """SHA-256 of the file as it lies on the disk."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
