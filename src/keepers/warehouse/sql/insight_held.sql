-- Grain: measure (revenue so far; residual_value of the run $value_run) × customer, the biggest first; a loss holds nothing.
-- Reads: customer_summary, customer_values
-- Kept: two steps over it
SELECT
  measure,
  row_number() OVER (PARTITION BY measure ORDER BY amount DESC, customer_id) AS place,
  greatest(amount, 0) AS amount
FROM (
  SELECT 'revenue' AS measure, customer_id, revenue AS amount
  FROM customer_summary
  UNION ALL
  SELECT 'residual_value', customer_id, residual_value
  FROM customer_values
  WHERE run_id = $value_run
) AS amounts
WHERE amount IS NOT NULL
