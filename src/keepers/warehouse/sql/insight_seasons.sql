-- Grain: calendar month of a year with orders. A log that begins after a month's first week does not hold that month.
-- Reads: net_lines
SELECT
  CAST(date_part('year', counts_on) AS BIGINT) AS year,
  CAST(date_part('month', counts_on) AS BIGINT) AS month,
  count(DISTINCT customer_id) AS customers,
  count(DISTINCT CASE WHEN makes_occasion THEN (source, order_id) END) AS orders,
  CAST(sum(revenue) AS DOUBLE) AS revenue,
  max(CASE
    WHEN CAST(date_trunc('month', counts_on) AS DATE) + INTERVAL 7 DAY > first_day
      AND CAST(date_trunc('month', counts_on) AS DATE) + INTERVAL 1 MONTH <= CAST($as_of AS DATE) + INTERVAL 1 DAY
    THEN 1 ELSE 0
  END) = 1 AS is_complete
FROM net_lines
CROSS JOIN (SELECT min(counts_on) AS first_day FROM net_lines WHERE is_product) AS began
WHERE is_product
GROUP BY ALL
ORDER BY year, month
