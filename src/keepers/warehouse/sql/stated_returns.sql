-- Grain: return line whose order the source states: the order it cancels, or its own.
-- Reads: returns, sold_products
-- Kept: few rows, read by every rule below.
SELECT
  back.source,
  back.order_id,
  back.line_number,
  min(back.product_id) AS product_id,
  -- A refund of an order that names no product says nothing of pieces, only of money.
  min(CASE WHEN back.product_id IS NOT NULL OR back.amount IS NULL THEN back.pieces END) AS pieces,
  min(back.amount) AS amount,
  min(sold.source) AS sold_source,
  min(sold.order_id) AS sold_order_id,
  min(sold.ordered_on) AS sold_on
FROM returns AS back
JOIN sold_products AS sold
  ON sold.source = back.source AND sold.order_id = coalesce(back.cancels_order_id, back.order_id)
WHERE back.cancels_order_id IS NOT NULL OR back.product_id IS NULL OR back.product_id = sold.product_id
GROUP BY back.source, back.order_id, back.line_number
