-- Grain: currency of the lines that count up to $as_of; null where the source names none.
-- Reads: active_lines, day_rates
SELECT
  line.currency,
  count(*) AS lines,
  CAST(sum(line.revenue) AS DOUBLE) AS revenue,
  count(CASE WHEN rates.rate IS NULL THEN 1 END) AS lines_without_rate,
  count(CASE WHEN rates.rate <> 1 THEN 1 END) AS lines_converted,
  min(CASE WHEN rates.rate IS NULL THEN line.ordered_on END) AS first_day_without_rate
FROM active_lines AS line
LEFT JOIN day_rates AS rates ON rates.currency = line.currency AND rates.ordered_on = line.ordered_on
WHERE line.ordered_on <= $as_of AND line.revenue IS NOT NULL
GROUP BY line.currency
ORDER BY lines DESC, line.currency
