-- Grain: one row: the base as a whole, for its averages.
-- Reads: customer_summary
SELECT
  count(*) AS customers,
  CAST(sum(orders) AS BIGINT) AS orders,
  CAST(count(CASE WHEN repeat_orders > 0 THEN 1 END) AS BIGINT) AS repeat_customers,
  CAST(sum(CASE WHEN repeat_orders > 0 THEN repeat_orders END) AS BIGINT) AS repeat_orders,
  sum(revenue) AS revenue,
  sum(age_at_last_order) AS days_between_first_and_last,
  sum(age) AS days_since_first,
  sum(CASE WHEN margin_rate IS NOT NULL THEN revenue END) AS costed_revenue,
  sum(margin_rate * revenue) AS costed_margin
FROM customer_summary
