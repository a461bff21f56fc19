-- Grain: measure (revenue, residual_value) × whole percent of the customers, those who hold most first.
-- Reads: insight_held
WITH
totals AS (
  SELECT
    measure,
    count(*) AS customers,
    sum(amount) AS total,
    (count(*) + 1 - 2 * sum(place * amount) / nullif(sum(amount), 0)) / count(*) AS gini
  FROM insight_held
  GROUP BY measure
),
running AS (
  SELECT measure, place, sum(amount) OVER (PARTITION BY measure ORDER BY place) AS held
  FROM insight_held
),
steps AS (
  SELECT *, unnest(range(1, 101)) AS percent
  FROM totals
)
SELECT
  steps.measure,
  CAST(steps.percent AS BIGINT) AS percent,
  CAST(ceil(steps.percent * steps.customers / 100.0) AS BIGINT) AS customers,
  running.held AS amount,
  running.held / steps.total AS share,
  steps.gini
FROM steps
JOIN running
  ON running.measure = steps.measure AND running.place = CAST(ceil(steps.percent * steps.customers / 100.0) AS BIGINT)
WHERE steps.total > 0
ORDER BY steps.measure DESC, steps.percent
