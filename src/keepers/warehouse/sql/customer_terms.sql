-- Grain: customer, as the first line of a sale described them; what came later is not looked at.
-- Reads: known_lines
SELECT
  customer_id,
  channel,
  payment_method,
  location,
  acquisition_source,
  segment
FROM (
  SELECT
    customer_id,
    channel,
    payment_method,
    location,
    acquisition_source,
    segment,
    row_number() OVER (
      PARTITION BY customer_id ORDER BY ordered_on, ordered_at, source, order_id, line_number
    ) AS place
  FROM known_lines
  WHERE customer_id IS NOT NULL AND line_kind = 'sale'
) AS line
WHERE place = 1
ORDER BY customer_id
