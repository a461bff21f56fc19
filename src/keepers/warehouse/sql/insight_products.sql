-- Grain: product, with what it brought; the last name that its source gave it.
-- Reads: net_lines, products
SELECT
  sold.product_id,
  named.name,
  named.category,
  sold.customers,
  sold.orders,
  sold.buyers_again,
  sold.quantity,
  sold.revenue
FROM (
  SELECT
    product_id,
    count(customer_id) AS customers,
    CAST(sum(orders) AS BIGINT) AS orders,
    count(CASE WHEN orders > 1 THEN customer_id END) AS buyers_again,
    sum(quantity) AS quantity,
    sum(revenue) AS revenue
  FROM (
    SELECT
      product_id,
      customer_id,
      count(DISTINCT CASE WHEN makes_occasion THEN (source, order_id) END) AS orders,
      sum(quantity) AS quantity,
      CAST(sum(revenue) AS DOUBLE) AS revenue
    FROM net_lines
    WHERE is_product AND product_id IS NOT NULL
    GROUP BY product_id, customer_id
  ) AS bought
  GROUP BY product_id
) AS sold
LEFT JOIN (
  SELECT product_id, max(name) AS name, max(category) AS category
  FROM products
  GROUP BY product_id
) AS named ON named.product_id = sold.product_id
ORDER BY sold.revenue DESC, sold.orders DESC, sold.product_id
