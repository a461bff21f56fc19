-- Grain: return line × order that it takes some pieces from, where no single order has enough of the product left.
-- Reads: open_returns, returnable_products, product_returns
-- Pieces pile up as they are bought and come off the top as they come back. Cut at every height where a pile stood, each
-- slice is bought and given back in turn, so a returned slice is the one bought just before.
WITH
asked AS (
  SELECT back.*
  FROM open_returns AS back
  LEFT JOIN product_returns AS matched
    ON matched.source = back.source
    AND matched.order_id = back.order_id
    AND matched.line_number = back.line_number
  WHERE matched.order_id IS NULL AND back.product_id IS NOT NULL AND back.pieces > 0
),
left_over AS (
  SELECT sold.source, sold.order_id, sold.product_id, sold.customer_id, sold.ordered_at, sold.ordered_on,
    sold.pieces - coalesce(taken.pieces, 0) AS pieces
  FROM returnable_products AS sold
  LEFT JOIN (
    SELECT sold_source, sold_order_id, product_id, sum(pieces) AS pieces
    FROM product_returns
    GROUP BY sold_source, sold_order_id, product_id
  ) AS taken
    ON taken.sold_source = sold.source
    AND taken.sold_order_id = sold.order_id
    AND taken.product_id = sold.product_id
  WHERE (sold.customer_id, sold.product_id) IN (SELECT customer_id, product_id FROM asked)
),
events AS (
  SELECT customer_id, product_id, ordered_at, 0 AS comes_back, pieces AS step, source, order_id, 0 AS line_number, ordered_on
  FROM left_over
  WHERE pieces > 0
  UNION ALL
  SELECT customer_id, product_id, ordered_at, 1 AS comes_back, -pieces AS step, source, order_id, line_number, NULL AS ordered_on
  FROM asked
),
sums AS (
  SELECT
    *,
    sum(step) OVER (
      PARTITION BY customer_id, product_id
      ORDER BY ordered_at, comes_back, source, order_id, line_number
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS height
  FROM events
),
floors AS (
  SELECT
    *,
    least(0, coalesce(min(height) OVER (
      PARTITION BY customer_id, product_id
      ORDER BY ordered_at, comes_back, source, order_id, line_number
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ), 0)) AS floor
  FROM sums
),
piles AS (
  SELECT
    *,
    CASE WHEN comes_back = 1 THEN greatest(height, floor) ELSE height - step END AS bottom,
    CASE WHEN comes_back = 1 THEN height - step ELSE height END AS top
  FROM floors
),
heights AS (
  SELECT customer_id, product_id, bottom AS low FROM piles
  UNION
  SELECT customer_id, product_id, top AS low FROM piles
),
slices AS (
  SELECT
    customer_id,
    product_id,
    low,
    lead(low) OVER (PARTITION BY customer_id, product_id ORDER BY low) AS high
  FROM heights
),
moves AS (
  SELECT
    pile.*,
    slice.high - slice.low AS pieces,
    lag(pile.source) OVER turns AS sold_source,
    lag(pile.order_id) OVER turns AS sold_order_id,
    lag(pile.ordered_on) OVER turns AS sold_on
  FROM piles AS pile
  JOIN slices AS slice
    ON slice.customer_id = pile.customer_id
    AND slice.product_id = pile.product_id
    AND slice.low >= pile.bottom
    AND slice.high <= pile.top
  WINDOW turns AS (
    PARTITION BY pile.customer_id, pile.product_id, slice.low
    ORDER BY pile.ordered_at, pile.comes_back, pile.source, pile.order_id, pile.line_number
  )
)
SELECT
  move.source,
  move.order_id,
  move.line_number,
  sum(move.pieces) AS pieces,
  CAST(min(asked.amount) * sum(move.pieces) / min(asked.pieces) AS DECIMAL(18, 4)) AS amount,
  move.sold_source,
  move.sold_order_id,
  min(move.sold_on) AS sold_on,
  sum(move.pieces) / min(asked.pieces) AS share
FROM moves AS move
JOIN asked
  ON asked.source = move.source AND asked.order_id = move.order_id AND asked.line_number = move.line_number
WHERE move.comes_back = 1 AND move.sold_on IS NOT NULL
GROUP BY move.source, move.order_id, move.line_number, move.sold_source, move.sold_order_id
