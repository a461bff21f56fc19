-- Grain: cohort ($by of the first occasion) × periods since, up to the period of $as_of, quiet ones included.
-- Reads: customer_days
WITH
firsts AS (
  SELECT customer_id, CAST(date_trunc($by, min(counts_on)) AS DATE) AS cohort
  FROM customer_days
  WHERE is_occasion
  GROUP BY customer_id
),
sizes AS (
  SELECT cohort, count(*) AS customers
  FROM firsts
  GROUP BY cohort
),
grid AS (
  SELECT
    cohort,
    customers,
    unnest(range(date_diff($by, cohort, date_trunc($by, CAST($as_of AS DATE))) + 1)) AS periods_since
  FROM sizes
),
done AS (
  SELECT
    firsts.cohort,
    date_diff($by, firsts.cohort, date_trunc($by, counts_on)) AS periods_since,
    count(DISTINCT CASE WHEN is_occasion THEN firsts.customer_id END) AS active,
    count(CASE WHEN is_occasion THEN 1 END) AS orders,
    CAST(sum(revenue) AS DOUBLE) AS revenue
  FROM customer_days
  JOIN firsts ON firsts.customer_id = customer_days.customer_id
  GROUP BY ALL
)
SELECT
  grid.cohort,
  grid.customers,
  grid.periods_since,
  coalesce(done.active, 0) AS active,
  coalesce(done.active, 0) / grid.customers AS active_share,
  coalesce(done.orders, 0) AS orders,
  CASE WHEN sum(done.revenue) OVER () IS NULL THEN NULL ELSE coalesce(done.revenue, 0) END AS revenue,
  date_trunc($by, CAST($as_of AS DATE) + INTERVAL 1 DAY)
    > grid.cohort + grid.periods_since * CAST('1 ' || $by AS INTERVAL) AS is_complete
FROM grid
LEFT JOIN done ON done.cohort = grid.cohort AND done.periods_since = grid.periods_since
ORDER BY grid.cohort, grid.periods_since
