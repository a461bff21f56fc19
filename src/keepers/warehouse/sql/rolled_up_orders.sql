-- Grain: customer with a line that counts from $since (null: from the first) to $as_of, as the run $run_id counted it.
-- Reads: customer_lines
SELECT
  customer_id,
  orders,
  revenue,
  CASE WHEN orders > 0 THEN CAST(revenue AS DOUBLE) / orders END AS mean_order,
  pieces,
  first_order,
  last_order,
  date_diff('day', last_order, $as_of) AS days_since
FROM (
  SELECT
    customer_id,
    count(DISTINCT CASE WHEN makes_occasion THEN counts_on END) AS orders,
    coalesce(sum(revenue), 0) AS revenue,
    coalesce(sum(quantity), 0) AS pieces,
    min(CASE WHEN makes_occasion THEN counts_on END) AS first_order,
    max(CASE WHEN makes_occasion THEN counts_on END) AS last_order
  FROM customer_lines
  WHERE run_id = $run_id
    AND line_kind IN ('sale', 'return')
    AND ($since IS NULL OR counts_on >= $since)
    AND ($channel IS NULL OR channel = $channel)
    AND ($category IS NULL OR category = $category)
    AND ($product_id IS NULL OR product_id = $product_id)
    AND ($location IS NULL OR location = $location)
  GROUP BY customer_id
) AS counted
ORDER BY customer_id
