-- Grain: one row: the lines that count up to $as_of, their customers and days.
-- Reads: active_lines
SELECT
  count(*) AS lines,
  count(DISTINCT customer_id) AS customers,
  min(ordered_on) AS first_order,
  max(ordered_on) AS last_order
FROM active_lines
WHERE ordered_on <= $as_of
