-- Grain: product line of a known customer as known at the end of $as_of: what the customer summary is counted from.
-- Reads: net_lines
SELECT customer_id, counts_on, makes_occasion, revenue, cost, location
FROM net_lines
WHERE is_product AND customer_id IS NOT NULL
