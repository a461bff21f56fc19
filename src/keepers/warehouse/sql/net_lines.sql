-- Grain: line known at the end of $as_of, a matched return on the day and order it takes from, in parts where these are several.
-- Reads: known_lines, return_parts, cancelled_orders
SELECT
  line.source,
  line.batch_id,
  line.order_id,
  line.line_number,
  coalesce(back.part, 1) AS part,
  line.external_id,
  line.customer_id,
  line.ordered_at,
  line.ordered_on,
  line.line_kind,
  line.cancels_order_id,
  line.product_id,
  CASE WHEN back.share < 1 THEN line.quantity * back.share ELSE line.quantity END AS quantity,
  CASE WHEN back.share < 1 THEN CAST(line.revenue * back.share AS DECIMAL(18, 4)) ELSE line.revenue END AS revenue,
  CASE WHEN back.share < 1 THEN CAST(line.cost * back.share AS DECIMAL(18, 4)) ELSE line.cost END AS cost,
  CASE WHEN back.share < 1 THEN CAST(line.discount * back.share AS DECIMAL(18, 4)) ELSE line.discount END AS discount,
  line.channel,
  line.payment_method,
  line.location,
  line.currency,
  coalesce(back.sold_source, line.source) AS counts_source,
  coalesce(back.sold_order_id, line.order_id) AS counts_order_id,
  coalesce(back.sold_on, line.ordered_on) AS counts_on,
  back.sold_order_id IS NOT NULL AS is_matched,
  line.line_kind IN ('sale', 'return') AS is_product,
  line.line_kind = 'sale' AND cancelled.order_id IS NULL AS makes_occasion
FROM known_lines AS line
LEFT JOIN return_parts AS back
  ON back.source = line.source AND back.order_id = line.order_id AND back.line_number = line.line_number
LEFT JOIN cancelled_orders AS cancelled
  ON cancelled.source = line.source AND cancelled.order_id = line.order_id
