-- Grain: group in the run $opening_run × group in the run $value_run ("new", "gone": not in the one or the other).
-- Reads: customer_values
SELECT
  coalesce(opening."group", 'new') AS from_group,
  coalesce(closing."group", 'gone') AS to_group,
  count(*) AS customers,
  sum(opening.residual_value) AS opening_value,
  sum(closing.residual_value) AS residual_value
FROM (SELECT * FROM customer_values WHERE run_id = $opening_run) AS opening
FULL OUTER JOIN (SELECT * FROM customer_values WHERE run_id = $value_run) AS closing
  ON closing.customer_id = opening.customer_id
GROUP BY ALL
