-- Grain: customer with a known location: where most of the occasions were, the last in the alphabet among equals.
-- Reads: occasions
SELECT customer_id, arg_max(location, (days, location)) AS location
FROM (
  SELECT customer_id, location, count(*) AS days
  FROM occasions
  WHERE location IS NOT NULL
  GROUP BY customer_id, location
) AS visited
GROUP BY customer_id
