-- Grain: import named by order lines.
-- Reads: order_lines
SELECT batch_id, min(source) AS source, max(ordered_at) AS recorded_at
FROM order_lines
GROUP BY batch_id
ORDER BY batch_id
