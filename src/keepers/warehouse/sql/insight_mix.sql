-- Grain: value of the column named by $column: channel, payment_method or location; null where the source gives none.
-- Reads: net_lines
SELECT
  coalesce(value, '') AS value,
  count(DISTINCT customer_id) AS customers,
  count(DISTINCT CASE WHEN makes_occasion THEN (source, order_id) END) AS orders,
  CAST(sum(revenue) AS DOUBLE) AS revenue
FROM (
  SELECT
    *,
    CASE $column WHEN 'channel' THEN channel WHEN 'payment_method' THEN payment_method ELSE location END AS value
  FROM net_lines
  WHERE is_product
) AS lines
GROUP BY coalesce(value, '')
ORDER BY revenue DESC, orders DESC, value
