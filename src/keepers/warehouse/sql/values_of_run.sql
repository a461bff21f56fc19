-- Grain: customer, as the run $run_id values them.
-- Reads: customer_values
SELECT *
FROM customer_values
WHERE run_id = $run_id
ORDER BY customer_id
