-- Grain: day of the week, Monday first, from the first order to $as_of.
-- Reads: net_lines
SELECT
  week.weekday,
  week.days,
  coalesce(done.customers, 0) AS customers,
  coalesce(done.orders, 0) AS orders,
  CASE WHEN sum(done.revenue) OVER () IS NULL THEN NULL ELSE coalesce(done.revenue, 0) END AS revenue
FROM (
  SELECT isodow(day) AS weekday, count(*) AS days
  FROM (
    SELECT unnest(generate_series(
      CAST(first_day AS TIMESTAMP), CAST(CAST($as_of AS DATE) AS TIMESTAMP), INTERVAL 1 DAY
    )) AS day
    FROM (SELECT min(ordered_on) AS first_day FROM net_lines) AS began
  ) AS calendar
  GROUP BY isodow(day)
) AS week
LEFT JOIN (
  SELECT
    isodow(counts_on) AS weekday,
    count(DISTINCT customer_id) AS customers,
    count(DISTINCT CASE WHEN makes_occasion THEN (source, order_id) END) AS orders,
    CAST(sum(revenue) AS DOUBLE) AS revenue
  FROM net_lines
  WHERE is_product
  GROUP BY isodow(counts_on)
) AS done ON done.weekday = week.weekday
ORDER BY week.weekday
