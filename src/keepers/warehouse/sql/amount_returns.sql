-- Grain: return line without a product, matched to the customer's latest earlier order of the same amount.
-- Reads: open_returns, returnable_products
SELECT taken.source, taken.order_id, taken.line_number, taken.pieces, taken.amount, taken.sold_source, taken.sold_order_id, taken.sold_on
FROM (
  SELECT
    wanted.*,
    row_number() OVER (
      PARTITION BY wanted.sold_source, wanted.sold_order_id
      ORDER BY wanted.ordered_at, wanted.source, wanted.order_id, wanted.line_number
    ) AS turn
  FROM (
    SELECT
      back.source,
      back.order_id,
      back.line_number,
      back.ordered_at,
      back.pieces,
      back.amount,
      sold.source AS sold_source,
      sold.order_id AS sold_order_id,
      sold.ordered_on AS sold_on,
      row_number() OVER (
        PARTITION BY back.source, back.order_id, back.line_number
        ORDER BY sold.ordered_at DESC, sold.source DESC, sold.order_id DESC
      ) AS choice
    FROM open_returns AS back
    JOIN (
      SELECT
        source,
        order_id,
        min(customer_id) AS customer_id,
        min(ordered_at) AS ordered_at,
        min(ordered_on) AS ordered_on,
        sum(amount) AS amount
      FROM returnable_products
      GROUP BY source, order_id
    ) AS sold
      ON sold.customer_id = back.customer_id
      AND sold.amount = back.amount
      AND sold.ordered_at <= back.ordered_at
    WHERE back.product_id IS NULL AND back.amount > 0
  ) AS wanted
  WHERE wanted.choice = 1
) AS taken
WHERE taken.turn = 1
