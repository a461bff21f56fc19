-- Grain: customer × product × day on which they bought it, without what came back.
-- Reads: net_lines
SELECT
  customer_id,
  product_id,
  counts_on AS bought_on,
  sum(quantity) AS quantity,
  CAST(sum(revenue) AS DOUBLE) AS revenue
FROM net_lines
WHERE is_product AND product_id IS NOT NULL AND customer_id IS NOT NULL
GROUP BY customer_id, product_id, counts_on
HAVING count(CASE WHEN makes_occasion THEN 1 END) > 0 AND coalesce(sum(quantity), 1) > 0
ORDER BY customer_id, bought_on, product_id
