-- Grain: product of an order, with what its stated returns leave of it; orders that they undo are left out.
-- Reads: sold_products, stated_returns
-- Kept: few rows, read by two rules.
SELECT
  sold.source,
  sold.order_id,
  sold.product_id,
  sold.customer_id,
  sold.ordered_at,
  sold.ordered_on,
  sold.pieces - coalesce(by_product.pieces, 0) AS pieces,
  sold.amount - coalesce(by_product.amount, 0) AS amount
FROM sold_products AS sold
LEFT JOIN (
  SELECT sold_source, sold_order_id, product_id, sum(pieces) AS pieces, sum(amount) AS amount
  FROM stated_returns
  GROUP BY sold_source, sold_order_id, product_id
) AS by_product
  ON by_product.sold_source = sold.source
  AND by_product.sold_order_id = sold.order_id
  AND by_product.product_id = sold.product_id
WHERE (sold.source, sold.order_id) NOT IN (
  SELECT stated.sold_source, stated.sold_order_id
  FROM stated_returns AS stated
  WHERE stated.product_id IS NULL
)
