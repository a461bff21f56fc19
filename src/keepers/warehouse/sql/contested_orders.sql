-- Grain: order that more than one active import of its source holds; the latest of them wins the whole order.
-- Reads: order_lines, active_batches
SELECT
  line.source,
  line.order_id,
  max(batch.sequence) AS sequence
FROM order_lines AS line
JOIN active_batches AS batch ON batch.batch_id = line.batch_id
WHERE batch.rivals > 1
GROUP BY line.source, line.order_id
HAVING min(batch.sequence) < max(batch.sequence)
