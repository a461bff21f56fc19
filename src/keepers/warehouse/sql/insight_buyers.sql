-- Grain: period ($by: day, week, month, quarter or year) × customer among its $top biggest buyers.
-- Reads: customer_days
SELECT period, rank, customer_id, orders, revenue, share
FROM (
  SELECT
    period,
    row_number() OVER (PARTITION BY period ORDER BY revenue DESC, orders DESC, customer_id) AS rank,
    customer_id,
    orders,
    revenue,
    revenue / nullif(sum(revenue) OVER (PARTITION BY period), 0) AS share
  FROM (
    SELECT
      CAST(date_trunc($by, counts_on) AS DATE) AS period,
      customer_id,
      count(CASE WHEN is_occasion THEN 1 END) AS orders,
      CAST(sum(revenue) AS DOUBLE) AS revenue
    FROM customer_days
    GROUP BY ALL
  ) AS bought
) AS ranked
WHERE rank <= $top
ORDER BY period, rank
