-- Grain: line of an order that counts, of any day, money in the reporting currency.
-- Reads: active_lines, day_rates
SELECT
  line.source,
  line.batch_id,
  line.order_id,
  line.line_number,
  line.external_id,
  line.customer_id,
  line.ordered_at,
  line.ordered_on,
  line.line_kind,
  line.cancels_order_id,
  line.product_id,
  line.quantity,
  CASE WHEN rates.rate IS NULL THEN line.revenue ELSE CAST(line.revenue * rates.rate AS DECIMAL(18, 4)) END AS revenue,
  CASE WHEN rates.rate IS NULL THEN line.cost ELSE CAST(line.cost * rates.rate AS DECIMAL(18, 4)) END AS cost,
  CASE WHEN rates.rate IS NULL THEN line.discount ELSE CAST(line.discount * rates.rate AS DECIMAL(18, 4)) END AS discount,
  line.channel,
  line.payment_method,
  line.location,
  line.currency,
  line.acquisition_source,
  line.segment
FROM active_lines AS line
LEFT JOIN day_rates AS rates ON rates.currency = line.currency AND rates.ordered_on = line.ordered_on
