-- Grain: line of the ledger of customer equity from the run $opening_run to the run $value_run; money in whole cents.
-- Reads: customer_values, runs
WITH
dates AS (
  SELECT
    max(CASE WHEN run_id = $opening_run THEN as_of END) AS opened_on,
    max(CASE WHEN run_id = $value_run THEN as_of END) AS closed_on
  FROM runs
),
opening AS (
  SELECT customer_id, CAST(round(residual_value * 100) AS BIGINT) AS cents
  FROM customer_values
  WHERE run_id = $opening_run
),
closing AS (
  SELECT customer_id, CAST(round(residual_value * 100) AS BIGINT) AS cents, last_order
  FROM customer_values
  WHERE run_id = $value_run
),
moved AS (
  SELECT
    coalesce(opening.cents, 0) AS opening_cents,
    coalesce(closing.cents, 0) AS closing_cents,
    coalesce(closing.cents, 0) - coalesce(opening.cents, 0) AS change_cents,
    CASE
      WHEN opening.customer_id IS NULL THEN 'new'
      WHEN closing.customer_id IS NULL OR dates.closed_on <= dates.opened_on THEN 're-estimated'
      WHEN closing.last_order > dates.opened_on AND coalesce(closing.cents, 0) > coalesce(opening.cents, 0) THEN 'grown'
      WHEN closing.last_order <= dates.opened_on AND coalesce(closing.cents, 0) < coalesce(opening.cents, 0) THEN 'lapsed'
      ELSE 're-estimated'
    END AS line
  FROM opening
  FULL OUTER JOIN closing ON closing.customer_id = opening.customer_id
  CROSS JOIN dates
)
SELECT line, count(*) AS customers, CAST(sum(change_cents) AS BIGINT) AS cents
FROM moved
WHERE line = 'new' OR change_cents <> 0
GROUP BY line
UNION ALL
SELECT 'opening', count(*), CAST(coalesce(sum(cents), 0) AS BIGINT)
FROM opening
UNION ALL
SELECT 'closing', count(*), CAST(coalesce(sum(cents), 0) AS BIGINT)
FROM closing
