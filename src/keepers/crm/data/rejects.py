"""Rejected rows as a page and as a file for a spreadsheet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from django.http import StreamingHttpResponse

from keepers.loop.exports import spreadsheet_safe
from keepers.loop.imports.staged import rejects_between

_ROWS_AT_ONCE = 20_000
_FOLDER = r"^.*[/\\]"


def page_of(path: Path, *, after: int, rows: int) -> dict[str, Any]:
    """Some rejected rows, and where those before and after begin."""
    total = pq.read_metadata(path).num_rows
    after = min(after, max(0, total - 1))
    shown = rejects_between(path, after=after, rows=rows)
    return {
        "rows": shown,
        "several_files": len({row["file"] for row in shown}) > 1,
        "total": total,
        "first": after + 1,
        "last": min(after + rows, total),
        "before": max(0, after - rows) if after else None,
        "after": after + rows if after + rows < total else None,
    }


def as_csv(path: Path, name: str) -> StreamingHttpResponse:
    """All rejected rows, sent as they are read; a text that a spreadsheet would run begins with an apostrophe."""
    response = StreamingHttpResponse(_written(path), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _written(path: Path) -> Iterator[bytes]:
    header = True
    for batch in pq.ParquetFile(path).iter_batches(batch_size=_ROWS_AT_ONCE):
        rows = pa.Table.from_batches([batch])
        names = pc.replace_substring_regex(rows["file"], _FOLDER, "")
        rows = spreadsheet_safe(rows.set_column(rows.schema.get_field_index("file"), "file", names))
        sink = pa.BufferOutputStream()
        pa_csv.write_csv(rows, sink, pa_csv.WriteOptions(include_header=header))
        header = False
        yield sink.getvalue().to_pybytes()
