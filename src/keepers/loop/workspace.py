"""The workspace: the folder that keeps a firm's warehouse, rejected rows and staged imports."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keepers.core.errors import KeepersError
from keepers.warehouse.delta import SCRATCH, DeltaStore, PinnedStore
from keepers.warehouse.engines.engine import DUCKDB, ENGINE_VARIABLE
from keepers.warehouse.leftovers import abandoned_folders, private_folder
from keepers.warehouse.tables import BATCHES

HOME_VARIABLE = "KEEPERS_HOME"
DEFAULT_HOME = "keepers-data"
COSTS = "costs.toml"
PROMOTIONS = "promotions.csv"
STAGING = "staging"


class WorkspaceError(KeepersError):
    """The workspace's folder cannot be used."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folders of a workspace, which appear when something is first kept, and the engine that values in it."""

    folder: Path
    engine_url: str = DUCKDB

    @classmethod
    def named_by(cls, environment: Mapping[str, str]) -> "Workspace":
        """The folder that `KEEPERS_HOME` names, else `./keepers-data`; the engine that `ENGINE_URL` names."""
        folder = Path(environment.get(HOME_VARIABLE) or DEFAULT_HOME).absolute()
        return cls(folder, environment.get(ENGINE_VARIABLE) or DUCKDB)

    @property
    def warehouse(self) -> Path:
        """The Delta tables."""
        return self.folder / "warehouse"

    @property
    def rejects(self) -> Path:
        """Rows that imports could not use, a file an import."""
        return self.folder / "rejects"

    @property
    def costs(self) -> Path | None:
        """What contacts cost and do, where the firm has written it down; plans then rest on it."""
        path = self.folder / COSTS
        return path if path.is_file() else None

    @property
    def promotions(self) -> Path | None:
        """What the firm put on and will, by date, where it has written it down; runs then learn from it."""
        path = self.folder / PROMOTIONS
        return path if path.is_file() else None

    @property
    def app_database(self) -> Path:
        """The web app's SQLite file; there once the app was served."""
        return self.folder / "app.sqlite3"

    @property
    def uploads(self) -> Path:
        """Files that were uploaded and are not yet landed."""
        return self.folder / "uploads"

    @property
    def attachments(self) -> Path:
        """Files that people keep with customers."""
        return self.folder / "attachments"

    @property
    def takeouts(self) -> Path:
        """Files of all that is known of somebody."""
        return self.folder / "takeouts"

    @property
    def drawings(self) -> Path:
        """Charts that were drawn already."""
        return self.folder / "drawings"

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept here."""
        return self.warehouse.is_dir()

    @contextmanager
    def opened(self, *, lock_timeout: float = 30.0, to_value: bool = False) -> Iterator[DeltaStore]:
        """The warehouse, for as long as the block runs; its folder appears with the first write.

        Args:
            lock_timeout: how long to wait for another writer [seconds].
            to_value: everybody's history is read, by the engine that the workspace names; what reads less, such as
                a page, is answered sooner by DuckDB.
        """
        url = self.engine_url if to_value else DUCKDB
        store = DeltaStore(self.warehouse, lock_timeout=lock_timeout, engine_url=url)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder for one import's files, gone afterwards.

        Raises:
            WorkspaceError: the workspace's folder cannot be made or written.
        """
        folder = private_folder(self.folder, STAGING)
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise WorkspaceError(
                f"The workspace {self.folder} cannot be used ({error.strerror}). Name another in {HOME_VARIABLE}.",
            ) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def abandoned(self) -> list[Path]:
        """Folders of processes that died: staged imports and scratch space. Nothing in them is needed."""
        return abandoned_folders(self.folder, STAGING) + abandoned_folders(self.warehouse, SCRATCH)


def imports_of(store: DeltaStore | PinnedStore) -> list[dict[str, Any]]:
    """Every import in its newest state, in the order they came."""
    names = BATCHES.schema.names
    return [{name: row[name] for name in names} for row in store.query("imports").to_pylist()]


def runs_kept(store: DeltaStore | PinnedStore) -> list[dict[str, Any]]:
    """Every finished run, the oldest first."""
    rows: list[dict[str, Any]] = store.query("runs").to_pylist()
    return sorted(rows, key=lambda row: (row["started_at"], row["run_id"]))
