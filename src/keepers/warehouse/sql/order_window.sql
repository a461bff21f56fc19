-- Grain: one row: the lines that count, their first and last local day.
-- Reads: active_lines
SELECT
  count(*) AS lines,
  min(ordered_on) AS first_order,
  max(ordered_on) AS last_order,
  count(revenue) AS lines_with_money,
  count(cost) AS lines_with_cost,
  count(customer_id) AS lines_with_customer
FROM active_lines
