-- Grain: return line of any day.
-- Reads: priced_lines
-- Kept: few rows, the same for every $as_of.
SELECT
  source,
  order_id,
  line_number,
  customer_id,
  ordered_at,
  ordered_on,
  product_id,
  cancels_order_id,
  -quantity AS pieces,
  -revenue AS amount
FROM priced_lines
WHERE line_kind = 'return'
