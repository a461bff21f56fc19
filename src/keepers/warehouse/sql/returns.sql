-- Grain: return line known at the end of $as_of.
-- Reads: returns_of_any_day
-- Kept: few rows, read by every rule below.
SELECT
  source,
  order_id,
  line_number,
  customer_id,
  ordered_at,
  product_id,
  cancels_order_id,
  pieces,
  amount
FROM returns_of_any_day
WHERE ordered_on <= $as_of
