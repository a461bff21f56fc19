-- Grain: days from an occasion to the customer's next one, with how often that gap was seen.
-- Reads: occasions
SELECT gap_days, count(*) AS gaps
FROM (
  SELECT
    date_diff('day', lag(occasion_on) OVER (PARTITION BY customer_id ORDER BY occasion_on), occasion_on) AS gap_days
  FROM occasions
) AS between_orders
WHERE gap_days IS NOT NULL
GROUP BY gap_days
ORDER BY gap_days
