-- Grain: return line of a known customer whose order the source does not state.
-- Reads: returns, stated_returns
-- Kept: few rows, read by three rules.
SELECT back.*
FROM returns AS back
LEFT JOIN stated_returns AS stated
  ON stated.source = back.source AND stated.order_id = back.order_id AND stated.line_number = back.line_number
WHERE stated.order_id IS NULL AND back.customer_id IS NOT NULL
