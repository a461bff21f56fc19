-- Grain: seven days counted from the end of $after (week 1 begins the day after, week 0 ends on it), quiet ones left out; orders of the customers seen by then.
-- Reads: customer_days
SELECT
  CAST(ceil(date_diff('day', CAST($after AS DATE), days.counts_on) / 7.0) AS BIGINT) AS week,
  count(*) AS orders
FROM customer_days AS days
JOIN (
  SELECT customer_id
  FROM customer_days
  GROUP BY customer_id
  HAVING min(counts_on) <= $after
) AS known ON known.customer_id = days.customer_id
WHERE days.is_occasion
GROUP BY ALL
ORDER BY week
