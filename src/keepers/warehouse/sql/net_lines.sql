-- Grain: line of an order known at the end of $as_of, a matched return on the day and order that it takes from.
-- Reads: known_lines, matched_returns, cancelled_orders
SELECT
  line.*,
  coalesce(back.sold_source, line.source) AS counts_source,
  coalesce(back.sold_order_id, line.order_id) AS counts_order_id,
  coalesce(back.sold_on, line.ordered_on) AS counts_on,
  back.sold_order_id IS NOT NULL AS is_matched,
  line.line_kind IN ('sale', 'return') AS is_product,
  line.line_kind = 'sale' AND cancelled.order_id IS NULL AS makes_occasion
FROM known_lines AS line
LEFT JOIN matched_returns AS back
  ON back.source = line.source AND back.order_id = line.order_id AND back.line_number = line.line_number
LEFT JOIN cancelled_orders AS cancelled
  ON cancelled.source = line.source AND cancelled.order_id = line.order_id
