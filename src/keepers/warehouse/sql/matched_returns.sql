-- Grain: return line known at the end of $as_of × order that it belongs to, with its share of the line.
-- Reads: stated_returns, product_returns, amount_returns, split_returns
-- Kept: few rows, read by three steps.
SELECT source, order_id, line_number, pieces, amount, sold_source, sold_order_id, sold_on, 1.0 AS share
FROM stated_returns
UNION ALL
SELECT source, order_id, line_number, pieces, amount, sold_source, sold_order_id, sold_on, 1.0 AS share
FROM product_returns
UNION ALL
SELECT source, order_id, line_number, pieces, amount, sold_source, sold_order_id, sold_on, 1.0 AS share
FROM amount_returns
UNION ALL
SELECT source, order_id, line_number, pieces, amount, sold_source, sold_order_id, sold_on, share
FROM split_returns
