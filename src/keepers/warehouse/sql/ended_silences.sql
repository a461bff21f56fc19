-- Grain: orders before × length of a silence that the next order ended: how many there were, as known at $as_of.
-- Reads: occasion_gaps
SELECT
  orders_before,
  gap AS days,
  count(*) AS silences
FROM (
  SELECT
    row_number() OVER (PARTITION BY customer_id ORDER BY occasion_on) - 1 AS orders_before,
    gap
  FROM occasion_gaps
) AS numbered
WHERE gap IS NOT NULL
GROUP BY orders_before, gap
ORDER BY orders_before, gap
