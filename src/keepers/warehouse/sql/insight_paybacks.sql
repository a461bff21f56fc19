-- Grain: customer with an occasion × months since the first, of those with product lines: the margin in it.
-- Reads: customer_days
SELECT
  days.customer_id,
  CAST(floor(date_diff('day', firsts.first_order, days.counts_on) / 30.4375) AS BIGINT) AS months_since,
  CAST(sum(coalesce(days.costed_revenue - days.cost, 0)) AS DOUBLE)
    + CAST(sum(coalesce(days.revenue, 0) - coalesce(days.costed_revenue, 0)) AS DOUBLE) * $margin AS margin
FROM customer_days AS days
JOIN (
  SELECT customer_id, min(counts_on) AS first_order
  FROM customer_days
  WHERE is_occasion
  GROUP BY customer_id
) AS firsts ON firsts.customer_id = days.customer_id
WHERE days.counts_on >= firsts.first_order
GROUP BY ALL
ORDER BY days.customer_id, months_since
