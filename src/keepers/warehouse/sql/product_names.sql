-- Grain: product, with the last name and category that a source gave it.
-- Reads: products
SELECT product_id, max(name) AS name, max(category) AS category
FROM products
WHERE product_id IS NOT NULL
GROUP BY product_id
ORDER BY product_id
