-- Grain: customer, as the first line of a sale described them; what came later is not looked at.
-- Reads: known_lines, customer_acquisitions
-- What the desks told of what brought a customer goes before what orders say.
SELECT
  line.customer_id,
  line.channel,
  line.payment_method,
  line.location,
  coalesce(told.acquisition_source, line.acquisition_source) AS acquisition_source,
  line.segment
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
LEFT JOIN customer_acquisitions AS told ON told.customer_id = line.customer_id
WHERE line.place = 1
ORDER BY line.customer_id
