"""Rows that could not be used: a Parquet file with file, line, reason, text and amount, and their account."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from keepers.ingest.report import RejectCount

SCHEMA = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("line_number", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("amount", pa.float64()),
    ]
)
DUPLICATE = "an exact duplicate"


@dataclass(slots=True)
class Rejects:
    """Writes rejected rows as they come and counts them by reason. The file exists only if a row was rejected."""

    path: Path
    rows: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    money: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _writer: Any = None

    def add(
        self,
        file: str,
        lines: Sequence[int],
        reasons: Sequence[str],
        texts: Sequence[str],
        amounts: Sequence[float | None],
    ) -> None:
        """Write some rejected rows of one file."""
        if not lines:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.path, SCHEMA)
        columns = {
            "file": [file] * len(lines),
            "line_number": lines,
            "reason": reasons,
            "text": texts,
            "amount": amounts,
        }
        self._writer.write_table(
            pa.table(
                {name: pa.array(list(values), SCHEMA.field(name).type) for name, values in columns.items()}, SCHEMA
            )
        )
        for reason, amount in zip(reasons, amounts, strict=True):
            self.rows[reason] += 1
            self.money[reason] += amount or 0.0

    def close(self) -> Path | None:
        """Finish the file; `None` if nothing was rejected."""
        if self._writer is None:
            return None
        self._writer.close()
        return self.path

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    def counts(self) -> dict[str, RejectCount]:
        """Rows and money by reason, the commonest first."""
        return {
            reason: RejectCount(rows, Decimal(str(round(self.money[reason], 4))))
            for reason, rows in sorted(self.rows.items(), key=lambda item: -item[1])
        }
