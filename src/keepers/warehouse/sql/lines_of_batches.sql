-- Grain: import with the lines the warehouse holds of it.
-- Reads: order_lines
SELECT batch_id, count(*) AS lines
FROM order_lines
GROUP BY batch_id
ORDER BY batch_id
