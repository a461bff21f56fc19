-- Grain: return line matched to the customer's latest earlier order with enough of the product left.
-- Reads: open_returns, returnable_products
-- Kept: few rows, read by two rules.
SELECT
  taken.source,
  taken.order_id,
  taken.line_number,
  taken.product_id,
  taken.pieces,
  taken.amount,
  taken.sold_source,
  taken.sold_order_id,
  taken.sold_on
FROM (
  SELECT
    wanted.*,
    sum(wanted.size) OVER (
      PARTITION BY wanted.sold_source, wanted.sold_order_id, wanted.product_id
      ORDER BY wanted.ordered_at, wanted.source, wanted.order_id, wanted.line_number
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS taken_so_far
  FROM (
    SELECT
      back.source,
      back.order_id,
      back.line_number,
      back.ordered_at,
      back.product_id,
      back.pieces,
      back.amount,
      sold.source AS sold_source,
      sold.order_id AS sold_order_id,
      sold.ordered_on AS sold_on,
      CASE WHEN back.pieces > 0 THEN back.pieces ELSE back.amount END AS size,
      CASE WHEN back.pieces > 0 THEN sold.pieces ELSE sold.amount END AS room,
      row_number() OVER (
        PARTITION BY back.source, back.order_id, back.line_number
        ORDER BY sold.ordered_at DESC, sold.source DESC, sold.order_id DESC
      ) AS choice
    FROM open_returns AS back
    JOIN returnable_products AS sold
      ON sold.customer_id = back.customer_id
      AND sold.product_id = back.product_id
      AND sold.ordered_at <= back.ordered_at
    WHERE CASE WHEN back.pieces > 0 THEN back.pieces <= sold.pieces ELSE back.amount <= sold.amount END
  ) AS wanted
  WHERE wanted.choice = 1
) AS taken
WHERE taken.taken_so_far <= taken.room
