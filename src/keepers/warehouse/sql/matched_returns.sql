-- Grain: return line known at the end of $as_of that belongs to an order.
-- Reads: stated_returns, product_returns, amount_returns
-- Kept: few rows, read twice.
SELECT source, order_id, line_number, pieces, amount, sold_source, sold_order_id, sold_on FROM stated_returns
UNION ALL
SELECT source, order_id, line_number, pieces, amount, sold_source, sold_order_id, sold_on FROM product_returns
UNION ALL
SELECT source, order_id, line_number, pieces, amount, sold_source, sold_order_id, sold_on FROM amount_returns
