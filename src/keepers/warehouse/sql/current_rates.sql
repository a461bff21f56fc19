-- Grain: currency and day from which the rate holds, of the tables kept since the currency to convert to last changed.
-- Reads: exchange_rates
SELECT
  currency,
  rated_on,
  rate,
  converts_to,
  version
FROM exchange_rates
WHERE coalesce(version, 0) = (SELECT max(coalesce(version, 0)) FROM exchange_rates)
