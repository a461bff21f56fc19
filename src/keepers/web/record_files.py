"""What leaves a customer's page as a file: the rows behind a chart, and every line of every order."""

from io import BytesIO

import pyarrow as pa
import pyarrow.csv as pa_csv
from django.http import HttpResponse

from keepers.loop.customer_record import CustomerRecord
from keepers.loop.exports import spreadsheet_safe


def csv_response(rows: pa.Table, name: str) -> HttpResponse:
    """The rows as a file that a spreadsheet opens without running anything in it."""
    written = BytesIO()
    pa_csv.write_csv(spreadsheet_safe(rows), written)
    disposition = f'attachment; filename="{name}.csv"'
    return HttpResponse(
        written.getvalue(), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )


def lines_of(record: CustomerRecord) -> pa.Table:
    """One row a line, the newest order first."""
    rows = [
        {
            "ordered_on": order.ordered_on,
            "order_id": order.order_id,
            "source": order.source,
            "state": order.state.value,
            "line_kind": line.kind,
            "product_id": line.product_id,
            "product_name": line.product,
            "category": line.category,
            "quantity": line.quantity,
            "revenue": line.revenue,
            "discount": line.discount,
            "returned_on": line.came_back_on,
            "channel": order.channel,
            "payment_method": order.payment_method,
            "location": order.location,
        }
        for order in record.orders
        for line in order.lines
    ]
    return pa.Table.from_pylist(rows, schema=_LINES)


_LINES = pa.schema(
    [
        ("ordered_on", pa.date32()),
        *((name, pa.string()) for name in ("order_id", "source", "state", "line_kind", "product_id", "product_name")),
        ("category", pa.string()),
        *((name, pa.float64()) for name in ("quantity", "revenue", "discount")),
        ("returned_on", pa.date32()),
        *((name, pa.string()) for name in ("channel", "payment_method", "location")),
    ]
)
