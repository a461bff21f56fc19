-- Grain: one row: what the lines about to come in would replace, if they counted.
-- Reads: incoming_lines, active_lines
-- Returns alone replace nothing: they join the order that counts already.
SELECT
  count(*) AS orders,
  count(held.order_id) AS orders_replaced,
  coalesce(CAST(sum(held.lines) AS BIGINT), 0) AS lines_replaced,
  CAST(sum(held.revenue) AS DOUBLE) AS revenue_replaced,
  CAST(sum(CASE WHEN held.order_id IS NOT NULL THEN incoming.revenue END) AS DOUBLE) AS revenue_instead
FROM (
  SELECT source, order_id, sum(revenue) AS revenue
  FROM incoming_lines
  GROUP BY source, order_id
  HAVING max(CASE WHEN line_kind <> 'return' THEN 1 ELSE 0 END) = 1
) AS incoming
LEFT JOIN (
  SELECT source, order_id, count(*) AS lines, sum(revenue) AS revenue
  FROM active_lines
  WHERE source IN (SELECT source FROM incoming_lines)
  GROUP BY source, order_id
) AS held ON held.source = incoming.source AND held.order_id = incoming.order_id
