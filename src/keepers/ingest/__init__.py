"""From any order file to order lines: every row read is accepted or rejected, and the report says which and why."""

from keepers.ingest.orders import read_orders
from keepers.ingest.report import (
    ChosenColumn,
    FileRead,
    ImportOptions,
    ImportReport,
    KindCount,
    OrderImport,
    Progress,
    RejectCount,
)

__all__ = [
    "ChosenColumn",
    "FileRead",
    "ImportOptions",
    "ImportReport",
    "KindCount",
    "OrderImport",
    "Progress",
    "RejectCount",
    "read_orders",
]
