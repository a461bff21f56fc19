-- Grain: product of a source, as the latest active import describes it.
-- Reads: products, active_batches
SELECT
  product.source,
  product.product_id,
  arg_max(product.name, batch.sequence) AS name,
  arg_max(product.category, batch.sequence) AS category,
  arg_max(product.brand, batch.sequence) AS brand,
  arg_max(product.price, batch.sequence) AS price,
  arg_max(product.cost, batch.sequence) AS cost
FROM products AS product
JOIN active_batches AS batch ON batch.batch_id = product.batch_id
GROUP BY product.source, product.product_id
