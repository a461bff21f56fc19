-- Grain: tenth of the customers of the run $value_run, by residual value, the biggest first.
-- Reads: customer_values
SELECT
  tenth,
  count(*) AS customers,
  sum(residual_value) AS residual_value,
  sum(residual_value) / nullif(sum(sum(residual_value)) OVER (), 0) AS share,
  sum(sum(residual_value)) OVER (ORDER BY tenth) / nullif(sum(sum(residual_value)) OVER (), 0) AS cumulative_share,
  avg(residual_value) AS value_per_head,
  avg(probability_alive) AS probability_alive,
  sum(expected_orders) AS expected_orders
FROM (
  SELECT *, CAST(ntile(10) OVER (ORDER BY residual_value DESC, customer_id) AS BIGINT) AS tenth
  FROM customer_values
  WHERE run_id = $value_run AND residual_value IS NOT NULL
) AS ranked
GROUP BY tenth
ORDER BY tenth
