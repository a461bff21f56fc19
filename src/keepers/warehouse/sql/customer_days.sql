-- Grain: customer × local day with product lines, net of the returns known at the end of $as_of.
-- Reads: net_lines
SELECT
  customer_id,
  counts_on,
  max(CASE WHEN makes_occasion THEN 1 ELSE 0 END) = 1 AS is_occasion,
  count(CASE WHEN makes_occasion THEN 1 END) AS lines,
  sum(quantity) AS quantity,
  sum(revenue) AS revenue,
  sum(cost) AS cost,
  sum(CASE WHEN cost IS NOT NULL THEN revenue END) AS costed_revenue,
  sum(discount) AS discount,
  max(location) AS location
FROM net_lines
WHERE is_product AND customer_id IS NOT NULL
GROUP BY customer_id, counts_on
