-- Grain: customer × local day with an order that was not fully cancelled, as known at the end of $as_of.
-- Reads: customer_days
SELECT
  customer_id,
  counts_on AS occasion_on,
  lines,
  quantity,
  revenue,
  cost,
  costed_revenue,
  discount,
  location
FROM customer_days
WHERE is_occasion
