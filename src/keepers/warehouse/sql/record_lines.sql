-- Grain: line of the customer $customer_id as the run $run_id counted it, the newest order first.
-- Reads: customer_lines
SELECT *
FROM customer_lines
WHERE run_id = $run_id AND customer_id = $customer_id
ORDER BY counts_on DESC, source, order_id DESC, ordered_at, line_number
