-- Grain: calendar month of a year up to $as_of, quiet ones included. A log that begins after a month's first week does not hold it.
-- Reads: net_lines
SELECT
  CAST(date_part('year', every.month_begins) AS BIGINT) AS year,
  CAST(date_part('month', every.month_begins) AS BIGINT) AS month,
  coalesce(done.customers, 0) AS customers,
  coalesce(done.orders, 0) AS orders,
  CASE WHEN done.month_begins IS NULL AND has_money.yes THEN 0 ELSE done.revenue END AS revenue,
  every.month_begins + INTERVAL 7 DAY > every.first_day
    AND every.month_begins + INTERVAL 1 MONTH <= CAST($as_of AS DATE) + INTERVAL 1 DAY AS is_complete
FROM (
  SELECT CAST(moment AS DATE) AS month_begins, first_day
  FROM (
    SELECT unnest(generate_series(
      date_trunc('month', first_day), date_trunc('month', CAST($as_of AS DATE)), INTERVAL 1 MONTH
    )) AS moment, first_day
    FROM (SELECT min(counts_on) AS first_day FROM net_lines WHERE is_product) AS began
  ) AS moments
) AS every
CROSS JOIN (SELECT count(revenue) > 0 AS yes FROM net_lines WHERE is_product) AS has_money
LEFT JOIN (
  SELECT
    CAST(date_trunc('month', counts_on) AS DATE) AS month_begins,
    count(DISTINCT customer_id) AS customers,
    count(DISTINCT CASE WHEN makes_occasion THEN (source, order_id) END) AS orders,
    CAST(sum(revenue) AS DOUBLE) AS revenue
  FROM net_lines
  WHERE is_product
  GROUP BY ALL
) AS done ON done.month_begins = every.month_begins
ORDER BY year, month
