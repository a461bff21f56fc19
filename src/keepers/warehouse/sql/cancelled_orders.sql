-- Grain: order of which its returns, as known at the end of $as_of, leave no pieces or no money.
-- Reads: known_lines, matched_returns
-- Kept: few rows.
SELECT sold.source, sold.order_id
FROM (
  SELECT source, order_id, sum(quantity) AS pieces, sum(revenue) AS amount
  FROM known_lines
  WHERE line_kind = 'sale' AND order_id IN (SELECT sold_order_id FROM matched_returns)
  GROUP BY source, order_id
) AS sold
JOIN (
  SELECT sold_source, sold_order_id, sum(pieces) AS pieces, sum(amount) AS amount
  FROM matched_returns
  GROUP BY sold_source, sold_order_id
) AS back ON back.sold_source = sold.source AND back.sold_order_id = sold.order_id
WHERE (sold.pieces > 0 AND back.pieces >= sold.pieces - 1e-9) OR (sold.amount > 0 AND back.amount >= sold.amount)
