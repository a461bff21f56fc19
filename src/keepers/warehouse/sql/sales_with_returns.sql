-- Grain: sale line that a return of any day may be of: same customer and product, or the order that the return names.
-- Reads: priced_lines, returns_of_any_day
-- Kept: few rows, the same for every $as_of.
SELECT
  sale.source,
  sale.order_id,
  sale.product_id,
  sale.customer_id,
  sale.ordered_at,
  sale.ordered_on,
  sale.quantity,
  sale.revenue
FROM priced_lines AS sale
WHERE
  sale.line_kind = 'sale'
  AND (
    (sale.customer_id, sale.product_id) IN (
      SELECT customer_id, product_id
      FROM returns_of_any_day
      WHERE customer_id IS NOT NULL AND product_id IS NOT NULL
    )
    OR sale.customer_id IN (
      SELECT customer_id
      FROM returns_of_any_day
      WHERE customer_id IS NOT NULL AND product_id IS NULL
    )
    OR sale.order_id IN (
      SELECT coalesce(cancels_order_id, order_id)
      FROM returns_of_any_day
      WHERE cancels_order_id IS NOT NULL OR product_id IS NULL OR customer_id IS NULL
    )
  )
