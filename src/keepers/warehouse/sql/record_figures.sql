-- Grain: customer of the run $run_id, with the figures that customers are compared by.
-- Reads: customer_values
SELECT residual_value, orders, mean_order_value, probability_alive
FROM customer_values
WHERE run_id = $run_id
