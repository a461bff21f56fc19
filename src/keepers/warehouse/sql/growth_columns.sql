-- Grain: customer who bought from known categories by $as_of, or whose share of wallet is known; the latest share counts.
-- Reads: active_lines, current_products, wallets
WITH bought AS (
  SELECT line.customer_id, count(DISTINCT product.category) AS categories
  FROM active_lines AS line
  INNER JOIN current_products AS product ON product.source = line.source AND product.product_id = line.product_id
  WHERE
    line.customer_id IS NOT NULL AND line.line_kind = 'sale' AND product.category IS NOT NULL
    AND line.ordered_on <= $as_of
  GROUP BY line.customer_id
),
told AS (
  SELECT
    customer_id,
    arg_max(share_of_wallet, known_at) AS share_of_wallet,
    arg_max(share_of_wallet_high, known_at) AS share_of_wallet_high
  FROM wallets
  GROUP BY customer_id
)
SELECT
  coalesce(bought.customer_id, told.customer_id) AS customer_id,
  CAST(bought.categories AS BIGINT) AS categories,
  told.share_of_wallet,
  told.share_of_wallet_high
FROM bought
FULL JOIN told ON told.customer_id = bought.customer_id
ORDER BY 1
