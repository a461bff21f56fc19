-- Grain: RFM cell: fifth of last order, of orders and of revenue (1 lowest, 5 highest), by mean rank: equals are together.
-- Reads: customer_summary, customer_values
SELECT
  last_order_fifth,
  orders_fifth,
  revenue_fifth,
  count(*) AS customers,
  CAST(sum(orders) AS BIGINT) AS orders,
  sum(revenue) AS revenue,
  avg(age - age_at_last_order) AS days_since_last_order,
  sum(residual_value) AS residual_value
FROM (
  SELECT
    summary.*,
    later.residual_value,
    CAST(ceil(2.5 * ((rank() OVER (ORDER BY summary.last_order) - 1) / count(*) OVER ()
      + cume_dist() OVER (ORDER BY summary.last_order))) AS BIGINT) AS last_order_fifth,
    CAST(ceil(2.5 * ((rank() OVER (ORDER BY summary.orders) - 1) / count(*) OVER ()
      + cume_dist() OVER (ORDER BY summary.orders))) AS BIGINT) AS orders_fifth,
    CASE WHEN summary.revenue IS NOT NULL THEN
      CAST(ceil(2.5 * ((rank() OVER (ORDER BY summary.revenue) - 1) / count(*) OVER ()
        + cume_dist() OVER (ORDER BY summary.revenue))) AS BIGINT)
    END AS revenue_fifth
  FROM customer_summary AS summary
  LEFT JOIN (
    SELECT customer_id, residual_value FROM customer_values WHERE run_id = $value_run
  ) AS later ON later.customer_id = summary.customer_id
) AS scored
GROUP BY last_order_fifth, orders_fifth, revenue_fifth
ORDER BY last_order_fifth DESC, orders_fifth DESC, revenue_fifth DESC
