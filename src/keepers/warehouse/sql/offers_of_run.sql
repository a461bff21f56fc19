-- Grain: customer to whom the run $run_id would offer a product, those of one product together, best first.
-- Reads: next_products
SELECT *
FROM next_products
WHERE run_id = $run_id AND offer_rank IS NOT NULL
ORDER BY product_id, offer_rank, customer_id
