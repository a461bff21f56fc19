-- Grain: customer × product among the first three that they may buy next, as the run $run_id proposed it, likeliest first.
-- Reads: next_products
SELECT customer_id, product_id, product_name, rank
FROM next_products
WHERE run_id = $run_id AND rank <= 3
ORDER BY customer_id, rank, product_id
