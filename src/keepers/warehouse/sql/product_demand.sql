-- Grain: product × day × customer who bought it (none where nobody is named), without what came back.
-- Reads: net_lines
SELECT
  product_id,
  customer_id,
  counts_on AS bought_on,
  CAST(coalesce(sum(quantity), count(*)) AS DOUBLE) AS quantity
FROM net_lines
WHERE is_product AND product_id IS NOT NULL
GROUP BY product_id, customer_id, counts_on
HAVING count(CASE WHEN makes_occasion THEN 1 END) > 0 AND coalesce(sum(quantity), 1) > 0
ORDER BY bought_on, product_id, customer_id
