-- Grain: order that more than one active import of its source holds; the latest that holds more than returns wins it.
-- Reads: order_lines, active_batches
SELECT
  line.source,
  line.order_id,
  coalesce(max(CASE WHEN line.line_kind <> 'return' THEN batch.sequence END), 0) AS sequence,
  max(line.line_number) AS longest
FROM order_lines AS line
JOIN active_batches AS batch ON batch.batch_id = line.batch_id
WHERE batch.rivals > 1
GROUP BY line.source, line.order_id
HAVING min(batch.sequence) < max(batch.sequence)
