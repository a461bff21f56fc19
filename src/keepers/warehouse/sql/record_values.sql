-- Grain: the customer $customer_id as the run $run_id values them.
-- Reads: customer_values
SELECT *
FROM customer_values
WHERE run_id = $run_id AND customer_id = $customer_id
