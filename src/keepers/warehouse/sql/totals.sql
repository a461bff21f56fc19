-- Grain: one row: what is known at the end of $as_of, every line accounted for.
-- Reads: net_lines
SELECT
  count(CASE WHEN part = 1 THEN 1 END) AS lines,
  count(CASE WHEN customer_id IS NULL AND part = 1 THEN 1 END) AS lines_without_customer,
  count(DISTINCT CASE WHEN makes_occasion AND customer_id IS NOT NULL THEN customer_id END) AS customers,
  count(DISTINCT CASE WHEN makes_occasion THEN (source, order_id) END) AS orders,
  min(ordered_on) AS first_order,
  max(ordered_on) AS last_order,
  CAST(sum(revenue) AS DOUBLE) AS revenue,
  CAST(sum(CASE WHEN is_product THEN revenue END) AS DOUBLE) AS product_revenue,
  CAST(sum(CASE WHEN is_product AND customer_id IS NOT NULL THEN revenue END) AS DOUBLE) AS customer_revenue,
  CAST(sum(CASE WHEN customer_id IS NULL THEN revenue END) AS DOUBLE) AS revenue_without_customer,
  CAST(sum(CASE WHEN NOT is_product THEN revenue END) AS DOUBLE) AS revenue_without_product,
  count(CASE WHEN line_kind = 'return' AND part = 1 THEN 1 END) AS returns,
  count(CASE WHEN line_kind = 'return' AND part = 1 AND is_matched THEN 1 END) AS returns_matched,
  CAST(sum(CASE WHEN line_kind = 'return' AND NOT is_matched THEN revenue END) AS DOUBLE) AS revenue_of_unmatched_returns
FROM net_lines
