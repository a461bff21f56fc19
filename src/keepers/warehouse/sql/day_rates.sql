-- Grain: currency and local day of a line, with the latest rate to the reporting currency on or before that day.
-- Reads: active_lines, current_rates
SELECT
  used.currency,
  used.ordered_on,
  arg_max(rates.rate, rates.rated_on) AS rate
FROM (
  SELECT DISTINCT currency, ordered_on
  FROM active_lines
  WHERE currency IN (SELECT currency FROM current_rates)
) AS used
JOIN current_rates AS rates ON rates.currency = used.currency AND rates.rated_on <= used.ordered_on
GROUP BY used.currency, used.ordered_on
