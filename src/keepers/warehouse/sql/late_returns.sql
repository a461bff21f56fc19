-- Grain: order × day of returns that came in after the order itself; the latest active import that tells the day wins it.
-- Reads: order_lines, active_batches, contested_orders
SELECT
  line.source,
  line.order_id,
  line.ordered_on,
  max(batch.sequence) AS sequence
FROM order_lines AS line
JOIN active_batches AS batch ON batch.batch_id = line.batch_id
JOIN contested_orders AS contested ON contested.source = line.source AND contested.order_id = line.order_id
WHERE line.line_kind = 'return' AND batch.sequence > contested.sequence
GROUP BY line.source, line.order_id, line.ordered_on
