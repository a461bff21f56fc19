-- Grain: side (now; before: as the run $opening_run kept it) × customer, with fifths of last order, orders and revenue (1 lowest), by mean rank: equals are together.
-- Reads: customer_summary, saved_customer_summary
SELECT
  *,
  CAST(ceil(2.5 * ((rank() OVER (PARTITION BY side ORDER BY last_order) - 1) / count(*) OVER (PARTITION BY side)
    + cume_dist() OVER (PARTITION BY side ORDER BY last_order))) AS BIGINT) AS last_order_fifth,
  CAST(ceil(2.5 * ((rank() OVER (PARTITION BY side ORDER BY orders) - 1) / count(*) OVER (PARTITION BY side)
    + cume_dist() OVER (PARTITION BY side ORDER BY orders))) AS BIGINT) AS orders_fifth,
  CASE WHEN revenue IS NOT NULL THEN
    CAST(ceil(2.5 * ((rank() OVER (PARTITION BY side ORDER BY revenue) - 1) / count(*) OVER (PARTITION BY side)
      + cume_dist() OVER (PARTITION BY side ORDER BY revenue))) AS BIGINT)
  END AS revenue_fifth
FROM (
  SELECT 'now' AS side, customer_id, orders, last_order, age, age_at_last_order, revenue
  FROM customer_summary
  UNION ALL
  SELECT 'before', customer_id, orders, last_order, age, age_at_last_order, revenue
  FROM saved_customer_summary
  WHERE run_id = $opening_run
) AS sides
