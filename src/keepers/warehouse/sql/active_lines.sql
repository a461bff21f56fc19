-- Grain: line of an order, each whole order from the latest active import that holds it.
-- Reads: order_lines, active_batches, contested_orders, current_keys
SELECT
  line.source,
  line.batch_id,
  line.order_id,
  line.line_number,
  line.external_id,
  coalesce(known.customer_id, line.external_id) AS customer_id,
  line.ordered_at,
  line.ordered_on,
  line.line_kind,
  line.cancels_order_id,
  line.product_id,
  line.quantity,
  line.revenue,
  line.cost,
  line.discount,
  line.channel,
  line.payment_method,
  line.location,
  line.currency,
  line.acquisition_source,
  line.segment
FROM order_lines AS line
JOIN active_batches AS batch ON batch.batch_id = line.batch_id
LEFT JOIN contested_orders AS contested ON contested.source = line.source AND contested.order_id = line.order_id
LEFT JOIN current_keys AS known ON known.source = line.source AND known.external_id = line.external_id
WHERE contested.order_id IS NULL OR contested.sequence = batch.sequence
