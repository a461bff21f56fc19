-- Grain: customer with something bought or returned after $after and up to $as_of.
-- Reads: customer_days
SELECT
  customer_id,
  CAST(sum(CASE WHEN is_occasion THEN 1 ELSE 0 END) AS BIGINT) AS orders,
  CAST(sum(revenue) AS DOUBLE) AS revenue
FROM customer_days
WHERE counts_on > $after
GROUP BY customer_id
