-- Grain: quarter of the customers of the run $value_run: worth at least $value_cut or not, active by at least $alive_cut or not.
-- Reads: customer_values
SELECT
  residual_value >= $value_cut AS is_worth_more,
  probability_alive >= $alive_cut AS is_active,
  count(*) AS customers,
  sum(residual_value) AS residual_value,
  avg(probability_alive) AS probability_alive
FROM customer_values
WHERE run_id = $value_run AND residual_value IS NOT NULL
GROUP BY ALL
