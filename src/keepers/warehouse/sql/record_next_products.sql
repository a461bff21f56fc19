-- Grain: product that the customer $customer_id may buy next, as the run $run_id proposed it, the likeliest first.
-- Reads: next_products
SELECT *
FROM next_products
WHERE run_id = $run_id AND customer_id = $customer_id AND rank IS NOT NULL
ORDER BY rank
