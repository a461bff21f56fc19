-- Grain: RFM cell: fifth of last order, of orders and of revenue (1 lowest, 5 highest), with the customers whom the run $opening_run had in it.
-- Reads: insight_fifths, customer_values
SELECT
  scored.last_order_fifth,
  scored.orders_fifth,
  scored.revenue_fifth,
  count(CASE WHEN side = 'now' THEN 1 END) AS customers,
  count(CASE WHEN side = 'before' THEN 1 END) AS opening_customers,
  CAST(coalesce(sum(CASE WHEN side = 'now' THEN scored.orders END), 0) AS BIGINT) AS orders,
  CASE WHEN max(scored.revenue) IS NOT NULL THEN coalesce(sum(CASE WHEN side = 'now' THEN scored.revenue END), 0) END
    AS revenue,
  avg(CASE WHEN side = 'now' THEN age - age_at_last_order END) AS days_since_last_order,
  CASE
    WHEN count(CASE WHEN side = 'now' THEN 1 END) = 0 AND sum(count(later.residual_value)) OVER () > 0 THEN 0
    ELSE sum(CASE WHEN side = 'now' THEN later.residual_value END)
  END AS residual_value
FROM insight_fifths AS scored
LEFT JOIN (
  SELECT customer_id, residual_value FROM customer_values WHERE run_id = $value_run
) AS later ON later.customer_id = scored.customer_id
GROUP BY scored.last_order_fifth, scored.orders_fifth, scored.revenue_fifth
ORDER BY scored.last_order_fifth DESC, scored.orders_fifth DESC, scored.revenue_fifth DESC
