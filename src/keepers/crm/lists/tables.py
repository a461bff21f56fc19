"""A whole Arrow table as a file; lists, which may be long, are streamed by `exports`."""

from io import BytesIO

import pyarrow as pa
import pyarrow.csv as pa_csv
from django.http import HttpResponse

from keepers.loop.exports import spreadsheet_safe


def csv_response(rows: pa.Table, name: str) -> HttpResponse:
    """The rows as a file that a spreadsheet opens without running anything in it."""
    written = BytesIO()
    pa_csv.write_csv(spreadsheet_safe(rows), written)
    disposition = f'attachment; filename="{name}.csv"'
    return HttpResponse(
        written.getvalue(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )
