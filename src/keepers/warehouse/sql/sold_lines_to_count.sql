-- Grain: the same as lines_to_count, of a plain log: no returns, no order in two imports, no keys, one currency.
-- Reads: order_lines, active_batches
SELECT
  line.external_id AS customer_id,
  line.ordered_on AS counts_on,
  true AS makes_occasion,
  line.revenue,
  line.cost,
  line.location
FROM order_lines AS line
JOIN active_batches AS batch ON batch.batch_id = line.batch_id
WHERE line.line_kind = 'sale' AND line.external_id IS NOT NULL AND line.ordered_on <= $as_of
