-- Grain: occasion: what it was worth, and the days since the customer's one before.
-- Reads: occasions
SELECT
  customer_id,
  occasion_on,
  revenue,
  date_diff('day', lag(occasion_on) OVER (PARTITION BY customer_id ORDER BY occasion_on), occasion_on) AS gap
FROM occasions
