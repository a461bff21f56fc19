-- Grain: line of an order: each whole order from the latest active import that holds it, and its returns that came later.
-- Reads: order_lines, active_batches, contested_orders, late_returns, current_keys
SELECT
  line.source,
  line.batch_id,
  line.order_id,
  -- Lines of later imports stand behind those of the order.
  CASE
    WHEN late.sequence IS NULL THEN line.line_number
    ELSE contested.longest * (late.sequence - contested.sequence) + line.line_number
  END AS line_number,
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
LEFT JOIN late_returns AS late
  ON late.source = line.source AND late.order_id = line.order_id
  AND late.ordered_on = line.ordered_on AND late.sequence = batch.sequence
LEFT JOIN current_keys AS known ON known.source = line.source AND known.external_id = line.external_id
WHERE contested.order_id IS NULL OR contested.sequence = batch.sequence OR late.sequence IS NOT NULL
