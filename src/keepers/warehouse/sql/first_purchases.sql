-- Grain: customer with a sale: what was paid most for on the first day of one, and which day of the week and month that was.
-- Reads: known_lines, current_products
SELECT
  customer_id,
  category AS first_category,
  product_id AS first_product,
  CASE isodow(ordered_on)
    WHEN 1 THEN 'Monday'
    WHEN 2 THEN 'Tuesday'
    WHEN 3 THEN 'Wednesday'
    WHEN 4 THEN 'Thursday'
    WHEN 5 THEN 'Friday'
    WHEN 6 THEN 'Saturday'
    ELSE 'Sunday'
  END AS first_weekday
FROM (
  SELECT
    line.customer_id,
    line.ordered_on,
    line.product_id,
    product.category,
    row_number() OVER (
      PARTITION BY line.customer_id
      ORDER BY
        line.ordered_on, coalesce(line.revenue, 0) DESC, line.ordered_at, line.source, line.order_id, line.line_number
    ) AS place
  FROM known_lines AS line
  LEFT JOIN current_products AS product ON product.source = line.source AND product.product_id = line.product_id
  WHERE line.customer_id IS NOT NULL AND line.line_kind = 'sale'
) AS sold
WHERE place = 1
