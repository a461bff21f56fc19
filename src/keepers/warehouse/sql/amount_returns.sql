-- Grain: return line without a product, matched to the customer's latest earlier order of the same amount not yet returned.
-- Reads: open_returns, returnable_products
-- Orders and returns of an amount open and close like brackets: a return closes the order that opened its depth.
WITH
sold AS (
  SELECT
    source,
    order_id,
    min(customer_id) AS customer_id,
    min(ordered_at) AS ordered_at,
    min(ordered_on) AS ordered_on,
    sum(amount) AS amount
  FROM returnable_products
  WHERE customer_id IN (SELECT customer_id FROM open_returns WHERE product_id IS NULL)
  GROUP BY source, order_id
),
events AS (
  SELECT customer_id, amount, ordered_at, 0 AS closes, 1 AS step, source, order_id, 0 AS line_number, ordered_on
  FROM sold
  WHERE amount > 0
  UNION ALL
  SELECT customer_id, amount, ordered_at, 1 AS closes, -1 AS step, source, order_id, line_number, NULL AS ordered_on
  FROM open_returns
  WHERE product_id IS NULL AND amount > 0
),
heights AS (
  SELECT
    *,
    sum(step) OVER (
      PARTITION BY customer_id, amount
      ORDER BY ordered_at, closes, source, order_id, line_number
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS height
  FROM events
),
floors AS (
  SELECT
    *,
    least(0, coalesce(min(height) OVER (
      PARTITION BY customer_id, amount
      ORDER BY ordered_at, closes, source, order_id, line_number
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0)) AS floor
  FROM heights
),
pairs AS (
  SELECT
    *,
    lag(source) OVER depth AS sold_source,
    lag(order_id) OVER depth AS sold_order_id,
    lag(ordered_on) OVER depth AS sold_on
  FROM floors
  WINDOW depth AS (
    PARTITION BY customer_id, amount, floor, height - floor + closes
    ORDER BY ordered_at, closes, source, order_id, line_number
  )
)
SELECT source, order_id, line_number, CAST(NULL AS DOUBLE) AS pieces, amount, sold_source, sold_order_id, sold_on
FROM pairs
WHERE closes = 1 AND height >= floor AND sold_order_id IS NOT NULL
