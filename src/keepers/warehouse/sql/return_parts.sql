-- Grain: return line × part: what belongs to an order, and what is left of the line where that is not all.
-- Reads: matched_returns
-- Kept: few rows.
SELECT
  *,
  row_number() OVER (
    PARTITION BY source, order_id, line_number
    ORDER BY sold_on DESC NULLS LAST, sold_source, sold_order_id
  ) AS part
FROM (
  SELECT source, order_id, line_number, sold_source, sold_order_id, sold_on, share
  FROM matched_returns
  UNION ALL
  SELECT source, order_id, line_number, NULL, NULL, NULL, 1 - sum(share)
  FROM matched_returns
  GROUP BY source, order_id, line_number
  HAVING sum(share) < 0.999999
) AS parts
