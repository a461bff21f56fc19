-- Grain: distinct history as of $origin and count of orders that followed until $as_of.
-- Reads: occasion_gaps
SELECT
  repeat_orders,
  age_at_last_order,
  age,
  later_orders,
  count(*) AS customers,
  CAST(sum(sum_log_gaps) AS DOUBLE) / count(*) AS mean_sum_log_gaps
FROM (
  SELECT
    customer_id,
    CAST(sum(CASE WHEN occasion_on <= $origin THEN 1 ELSE 0 END) AS BIGINT) - 1 AS repeat_orders,
    CAST(date_diff('day', min(occasion_on), max(CASE WHEN occasion_on <= $origin THEN occasion_on END)) AS DOUBLE) AS age_at_last_order,
    CAST(date_diff('day', min(occasion_on), $origin) AS DOUBLE) AS age,
    CAST(sum(CASE WHEN occasion_on > $origin THEN 1 ELSE 0 END) AS BIGINT) AS later_orders,
    coalesce(sum(CASE WHEN occasion_on <= $origin THEN CAST(ln(gap) AS DECIMAL(18, 12)) END), 0) AS sum_log_gaps
  FROM occasion_gaps
  GROUP BY customer_id
  HAVING min(occasion_on) <= $origin
) AS customer
GROUP BY repeat_orders, age_at_last_order, age, later_orders
ORDER BY repeat_orders, age_at_last_order, age, later_orders
