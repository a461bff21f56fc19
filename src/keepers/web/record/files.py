"""Every line of every order of a customer, as rows of a file."""

import pyarrow as pa

from keepers.loop.insights.customer_record import CustomerRecord


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
