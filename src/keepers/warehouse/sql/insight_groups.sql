-- Grain: group of the customers of the run $value_run.
-- Reads: customer_values
SELECT
  "group",
  count(*) AS customers,
  count(*) / sum(count(*)) OVER () AS share_of_customers,
  sum(residual_value) AS residual_value,
  sum(residual_value) / nullif(sum(sum(residual_value)) OVER (), 0) AS share,
  avg(residual_value) AS value_per_head,
  avg(probability_alive) AS probability_alive,
  sum(expected_orders) AS expected_orders
FROM customer_values
WHERE run_id = $value_run
GROUP BY "group"
