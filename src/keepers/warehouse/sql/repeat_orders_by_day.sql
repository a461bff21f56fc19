-- Grain: day up to $as_of with an occasion that was not its customer's first; quiet days left out.
-- Reads: occasion_gaps
SELECT
  occasion_on,
  count(*) AS repeat_orders
FROM occasion_gaps
WHERE gap IS NOT NULL AND occasion_on <= $as_of
GROUP BY occasion_on
ORDER BY occasion_on
