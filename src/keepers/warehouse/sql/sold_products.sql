-- Grain: product of an order, where its customer or the order itself has a return.
-- Reads: known_lines, returns
-- Kept: few rows, read by every rule below.
SELECT
  sale.source,
  sale.order_id,
  sale.product_id,
  min(sale.customer_id) AS customer_id,
  min(sale.ordered_at) AS ordered_at,
  min(sale.ordered_on) AS ordered_on,
  sum(sale.quantity) AS pieces,
  sum(sale.revenue) AS amount
FROM known_lines AS sale
WHERE
  sale.line_kind = 'sale'
  AND (
    sale.customer_id IN (SELECT customer_id FROM returns WHERE customer_id IS NOT NULL)
    OR sale.order_id IN (SELECT coalesce(cancels_order_id, order_id) FROM returns)
  )
GROUP BY sale.source, sale.order_id, sale.product_id
