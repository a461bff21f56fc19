-- Grain: period ($by: day, week, month, quarter or year) from the first order to $as_of, quiet ones included.
-- Reads: customer_days
SELECT
  every.period,
  coalesce(done.customers, 0) AS customers,
  coalesce(done.new_customers, 0) AS new_customers,
  coalesce(done.orders, 0) AS orders,
  CASE WHEN done.period IS NULL AND has_money.yes THEN 0 ELSE done.revenue END AS revenue,
  every.period >= every.first_day
    AND every.period + CAST('1 ' || $by AS INTERVAL) <= CAST($as_of AS DATE) + INTERVAL 1 DAY AS is_complete
FROM (
  SELECT CAST(moment AS DATE) AS period, first_day
  FROM (
    SELECT unnest(generate_series(
      date_trunc($by, first_day), date_trunc($by, CAST($as_of AS DATE)), CAST('1 ' || $by AS INTERVAL)
    )) AS moment, first_day
    FROM (SELECT min(counts_on) AS first_day FROM customer_days) AS began
  ) AS moments
) AS every
CROSS JOIN (SELECT count(revenue) > 0 AS yes FROM customer_days) AS has_money
LEFT JOIN (
  SELECT
    CAST(date_trunc($by, counts_on) AS DATE) AS period,
    count(DISTINCT CASE WHEN is_occasion THEN customer_id END) AS customers,
    count(CASE WHEN is_occasion AND nth = 1 THEN 1 END) AS new_customers,
    count(CASE WHEN is_occasion THEN 1 END) AS orders,
    CAST(sum(revenue) AS DOUBLE) AS revenue
  FROM (
    SELECT *, row_number() OVER (PARTITION BY customer_id, is_occasion ORDER BY counts_on) AS nth
    FROM customer_days
  ) AS counted
  GROUP BY ALL
) AS done ON done.period = every.period
ORDER BY every.period
