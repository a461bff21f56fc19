-- Grain: one row: what tells where the quarters of the run $value_run part.
-- Reads: customer_values
SELECT
  count(*) AS customers,
  avg(residual_value) AS value_per_head,
  avg(CASE WHEN probability_alive >= 0.5 THEN 1.0 ELSE 0.0 END) AS share_alive
FROM customer_values
WHERE run_id = $value_run AND residual_value IS NOT NULL
