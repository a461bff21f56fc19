-- Grain: return line known at the end of $as_of.
-- Reads: known_lines
-- Kept: few rows, read by every rule below.
SELECT
  source,
  order_id,
  line_number,
  customer_id,
  ordered_at,
  product_id,
  cancels_order_id,
  -quantity AS pieces,
  -revenue AS amount
FROM known_lines
WHERE line_kind = 'return'
