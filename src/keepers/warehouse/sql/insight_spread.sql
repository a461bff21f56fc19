-- Grain: twentieth by residual value × twentieth of the chance active × quarter, of the customers of the run $value_run.
-- Reads: customer_values
SELECT
  residual_value >= $value_cut AS is_worth_more,
  probability_alive >= $alive_cut AS is_active,
  avg(probability_alive) AS probability_alive,
  avg(residual_value) AS residual_value,
  count(*) AS customers
FROM (
  SELECT
    residual_value,
    probability_alive,
    ntile(20) OVER (ORDER BY residual_value, customer_id) AS value_step,
    least(CAST(floor(probability_alive * 20) AS BIGINT), 19) AS alive_step
  FROM customer_values
  WHERE run_id = $value_run AND residual_value IS NOT NULL
) AS placed
GROUP BY value_step, alive_step, residual_value >= $value_cut, probability_alive >= $alive_cut
ORDER BY value_step, alive_step, is_worth_more, is_active
