"""The files of an import: taken in, unpacked, opened, and the tables in them recognised together."""

import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import polars as pl
from django.conf import settings
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.reading.rows import deleted_in
from keepers.crm.customers.exchange.recognising.apart import told_apart
from keepers.crm.customers.exchange.recognising.beginnings import told_beside, without_beginnings
from keepers.crm.customers.exchange.recognising.joining import joined
from keepers.crm.customers.exchange.recognising.kinds import ByKind, parted_by_kind
from keepers.crm.customers.exchange.recognising.layout import OF_FILES, Table, from_json
from keepers.crm.customers.exchange.recognising.links import with_links
from keepers.crm.customers.exchange.recognising.nouns import system_of
from keepers.crm.customers.exchange.recognising.numbered import found_as_in_orders
from keepers.crm.customers.exchange.recognising.sampled import Sampled
from keepers.crm.customers.exchange.recognising.widening import Widened
from keepers.crm.jobs.receiving import free_path, put
from keepers.ingest.opening import open_tables
from keepers.ingest.sources import Source, UnreadableFileError, sample_of

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MOST_UNPACKED = 20 << 30  # bytes
MOST_MEMBERS = 500
_NOT_OURS = (".ds_store", "thumbs.db")
_CALENDAR = "BEGIN:VCALENDAR"


class PackedFileError(KeepersError):
    """A packed file that cannot be taken in."""


def folder_of(brought: PeopleImport) -> Path:
    """Everything of an import that is on its way."""
    uploads: Path = settings.WORKSPACE.uploads
    return uploads / "people" / str(brought.pk)


def files_of(brought: PeopleImport) -> list[Path]:
    """The files as they came, unpacked, by name."""
    return sorted(path for path in (folder_of(brought) / "files").glob("*") if path.is_file())


def staging_of(brought: PeopleImport) -> Path:
    """What its latest check made of them."""
    return folder_of(brought) / "staging" / str(brought.check_job_id)


def take_in(brought: PeopleImport, received: "Iterable[UploadedFile[Any] | Path]") -> None:
    """Put what came into the import's folder; what was packed together is taken apart.

    Raises:
        PackedFileError: a packed file is damaged, or holds more than can be taken in.
    """
    folder = folder_of(brought) / "files"
    folder.mkdir(parents=True)
    for file in received:
        path = shutil.copyfile(file, free_path(folder, file.name)) if isinstance(file, Path) else put(file, folder)
        if _holds_several(path):
            _take_apart(path, folder)


def look_at(paths: Sequence[Path]) -> tuple[str, list[Table], list[tuple[str, str]]]:
    """What the files hold: the system that wrote them, their tables, and the files that cannot be read, with why."""
    sampled, problems = list[Sampled](), list[tuple[str, str]]()
    for path in paths:
        try:
            sampled += [_sampled(source) for source in _opened(path)]
        except KeepersError as error:
            problems.append((path.name, str(error).replace(str(path), path.name)))
    system = system_of(each.rows for each in sampled if each.table.format != "vcard")
    named = without_beginnings([each.table for each in sampled])
    sampled = [replace(each, table=table) for table, each in zip(named, sampled, strict=True)]
    told = parted_by_kind(told_beside([each for each in sampled if each.rows.width]))
    found = with_links(found_as_in_orders(told_apart(joined(told)), system or OF_FILES))
    return system, found, problems


def source_for(brought: PeopleImport, table: Table) -> Source:
    """The table's rows, with the columns that other tables of the import add to them.

    Raises:
        UnreadableFileError: the file is gone or was damaged since it was looked at.
    """
    if not table.joins:
        return _source_of(brought, table)
    named = {each.name: each for each in from_json(brought.tables)}

    def rows(name: str) -> Iterator[pl.DataFrame]:
        for block in _source_of(brought, named[name]).blocks():
            yield block.rows.filter(~deleted_in(block.rows))

    return Widened(_source_of(brought, table), table.joins, rows)


def _source_of(brought: PeopleImport, table: Table) -> Source:
    path = folder_of(brought) / "files" / table.file
    if not path.exists():
        raise UnreadableFileError(_("%(name)s is no longer there. Upload it again.") % {"name": table.file})
    sources = open_tables(path)
    source = next((source for source in sources if source.description.part == table.sheet), sources[0])
    return ByKind(source, table.splits) if table.splits else source


def _opened(path: Path) -> list[Source]:
    with path.open("rb") as file:
        start = file.read(64).decode("utf-8", errors="replace").lstrip("\ufeff \r\n")
    if start.upper().startswith(_CALENDAR):
        raise UnreadableFileError(_("%(name)s is a calendar; no customers are in it.") % {"name": path.name})
    return open_tables(path)


def _sampled(source: Source) -> Sampled:
    about = source.description
    rows = sample_of(source)
    name = f"{about.path.name} · {about.part}" if about.part else about.path.name
    rows = rows.select(pl.all().cast(pl.String, strict=False))
    table = Table(
        name, about.path.name, sheet=about.part, format=about.format, size=about.size, notes=tuple(about.notes)
    )
    return Sampled(table, rows, source)


def _holds_several(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    return not names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}


def _take_apart(path: Path, folder: Path) -> None:
    """The files of an archive under their own names, wherever in it they lie; nothing leaves the folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and _is_wanted(info.filename)]
            if len(members) > MOST_MEMBERS or sum(info.file_size for info in members) > MOST_UNPACKED:
                raise PackedFileError(
                    _("%(name)s holds too much to be unpacked. Unpack it yourself and upload its files in parts.")
                    % {"name": path.name}
                )
            for info in members:
                with archive.open(info) as member, free_path(folder, _own_name(info.filename)).open("wb") as kept:
                    shutil.copyfileobj(member, kept)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise PackedFileError(
            _("%(name)s cannot be unpacked (%(why)s). Pack it again, without a password.")
            % {"name": path.name, "why": error}
        ) from error
    path.unlink()


def _is_wanted(name: str) -> bool:
    last = PurePosixPath(name).name
    return not name.startswith("__MACOSX/") and not last.startswith((".", "~$")) and last.lower() not in _NOT_OURS


def _own_name(member: str) -> str:
    """The last part of a name within an archive, whichever system packed it."""
    return PurePosixPath(member.replace("\\", "/").replace("\0", "")).name or "people"
