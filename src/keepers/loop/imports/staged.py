"""A prepared import that waits for a yes: kept in its folder, so that another process may land it later."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from keepers.core.errors import KeepersError
from keepers.core.told import as_record, from_record
from keepers.ingest.report import ChosenColumn, FileRead, ImportReport, KindCount, OrderImport, RejectCount
from keepers.loop.imports.importing import Effect, PreparedImport

ACCOUNT, PRODUCTS = "prepared.json", "products.parquet"
REJECTS = Path("lines") / "rejects.parquet"
SHOWN_COLUMNS = (
    "order_id", "external_id", "ordered_on", "line_kind", "product_id", "quantity", "revenue", "cost", "discount",
    "channel", "payment_method", "location", "currency", "acquisition_source", "segment",
)  # fmt: skip


class NotPreparedError(KeepersError):
    """The folder holds no prepared import: it was never finished, or was cleared away."""


def keep_prepared(prepared: PreparedImport, folder: Path) -> None:
    """Write what landing needs beside the lines; the account comes last, so a half-kept import is none."""
    imported = prepared.imported
    pq.write_table(imported.products, folder / PRODUCTS)
    account = {
        "batch_id": prepared.batch_id,
        "fingerprint": prepared.fingerprint,
        "lines": [str(path.relative_to(folder)) for path in imported.lines],
        "customers": [str(path.relative_to(folder)) for path in imported.customers],
        "rejects": None if imported.rejects is None else str(imported.rejects.relative_to(folder)),
        "report": _written(imported.report),
        "input": prepared.input,
        "effect": asdict(prepared.effect),
        "tombstones": prepared.tombstones,
    }
    partial = folder / f"{ACCOUNT}.partial"
    partial.write_text(json.dumps(account, default=str), encoding="utf-8")
    partial.replace(folder / ACCOUNT)


def prepared_in(folder: Path) -> PreparedImport:
    """The import that was prepared in this folder.

    Raises:
        NotPreparedError: there is none.
    """
    if not (folder / ACCOUNT).exists():
        raise NotPreparedError("These files were cleared away or never read to the end. Check them again.")
    account = json.loads((folder / ACCOUNT).read_text(encoding="utf-8"))
    imported = OrderImport(
        lines=tuple(folder / name for name in account["lines"]),
        products=pq.read_table(folder / PRODUCTS),
        rejects=None if account["rejects"] is None else folder / account["rejects"],
        report=_report(account["report"]),
        customers=tuple(folder / name for name in account["customers"]),
    )
    return PreparedImport(
        account["batch_id"],
        account["fingerprint"],
        imported,
        account["input"],
        Effect(**account["effect"]),
        account.get("tombstones", -1),
    )


def first_lines(prepared: PreparedImport, *, rows: int) -> list[dict[str, Any]]:
    """Some lines as they were understood, without the columns that no line fills."""
    if not prepared.imported.lines:
        return []
    some = pl.scan_parquet(prepared.imported.lines[0]).select(SHOWN_COLUMNS).head(rows).collect()
    filled = [name for name in some.columns if some[name].null_count() < some.height]
    return some.select(filled).to_dicts()


def rejects_between(path: Path, *, after: int, rows: int) -> list[dict[str, Any]]:
    """Rejected rows from one place on, each with the name of its file, not its folder."""
    found = pl.scan_parquet(path).slice(after, rows).collect().to_dicts()
    return [row | {"file": Path(row["file"]).name} for row in found]


def without_folders(prepared: PreparedImport) -> PreparedImport:
    """The same import whose files go by their names: the folder of an upload does not outlive the landing."""
    report = prepared.imported.report
    files = tuple(replace(file, path=Path(file.path.name)) for file in report.files)
    return replace(prepared, imported=replace(prepared.imported, report=replace(report, files=files)))


def _written(report: ImportReport) -> dict[str, Any]:
    revenue = [[currency, str(money)] for currency, money in report.revenue.items()]
    return asdict(report) | {"revenue": revenue, "notes": list(map(as_record, report.notes))}


def _report(written: dict[str, Any]) -> ImportReport:
    return ImportReport(
        **written
        | {
            "rejected": _counts(written["rejected"], RejectCount),
            "lines_by_kind": _counts(written["lines_by_kind"], KindCount),
            "revenue": {currency: Decimal(money) for currency, money in written["revenue"]},
            "mapping": tuple(ChosenColumn(**chosen) for chosen in written["mapping"]),
            "files": tuple(FileRead(**file | {"path": Path(file["path"])}) for file in written["files"]),
            "first_order": _day(written["first_order"]),
            "last_order": _day(written["last_order"]),
            "last_come": _day(written.get("last_come")),  # an upload of an earlier version does not say
            "notes": tuple(map(from_record, written["notes"])),
        }
    )


def _counts(
    written: Mapping[str, Mapping[str, Any]], kind: type[RejectCount] | type[KindCount]
) -> dict[str, RejectCount | KindCount]:
    return {name: kind(rows=count["rows"], money=Decimal(count["money"])) for name, count in written.items()}


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)
