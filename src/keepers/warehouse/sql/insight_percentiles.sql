-- Grain: whole percent of the customers of the run $value_run, by residual value, the biggest first.
-- Reads: customer_values
SELECT
  percent,
  count(*) AS customers,
  sum(residual_value) AS residual_value,
  min(residual_value) AS value_from,
  avg(residual_value) AS value_per_head,
  avg(residual_value_low) AS value_low,
  avg(residual_value_high) AS value_high
FROM (
  SELECT
    *,
    CAST(ceil(
      100.0 * row_number() OVER (ORDER BY residual_value DESC, customer_id) / count(*) OVER ()
    ) AS BIGINT) AS percent
  FROM customer_values
  WHERE run_id = $value_run AND residual_value IS NOT NULL
) AS ranked
GROUP BY percent
ORDER BY percent
