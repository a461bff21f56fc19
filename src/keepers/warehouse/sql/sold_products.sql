-- Grain: product of an order that a return may be of: same customer and product, or the order that the return names.
-- Reads: sales_with_returns, returns
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
FROM sales_with_returns AS sale
WHERE
  sale.ordered_on <= $as_of
  AND (
    (sale.customer_id, sale.product_id) IN (
      SELECT customer_id, product_id
      FROM returns
      WHERE customer_id IS NOT NULL AND product_id IS NOT NULL
    )
    OR sale.customer_id IN (
      SELECT customer_id
      FROM returns
      WHERE customer_id IS NOT NULL AND product_id IS NULL
    )
    OR sale.order_id IN (
      SELECT coalesce(cancels_order_id, order_id)
      FROM returns
      WHERE cancels_order_id IS NOT NULL OR product_id IS NULL OR customer_id IS NULL
    )
  )
GROUP BY sale.source, sale.order_id, sale.product_id
