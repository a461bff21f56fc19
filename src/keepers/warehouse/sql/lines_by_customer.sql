-- Grain: line of a known customer that counts at the end of $as_of, as the run $run_id keeps it for the customer's page.
-- Reads: net_lines, current_products
SELECT
  $run_id AS run_id,
  line.customer_id,
  line.counts_on,
  line.counts_source AS source,
  line.counts_order_id AS order_id,
  line.ordered_on,
  line.ordered_at,
  line.line_number,
  line.line_kind,
  line.makes_occasion,
  line.is_matched,
  line.product_id,
  product.name AS product_name,
  product.category,
  line.quantity,
  line.revenue,
  line.cost,
  line.discount,
  line.channel,
  line.payment_method,
  line.location
FROM net_lines AS line
LEFT JOIN current_products AS product ON product.source = line.source AND product.product_id = line.product_id
WHERE line.customer_id IS NOT NULL
ORDER BY line.customer_id, line.counts_on
