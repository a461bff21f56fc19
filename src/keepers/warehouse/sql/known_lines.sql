-- Grain: line of an order known at the end of $as_of, money in the reporting currency.
-- Reads: priced_lines
SELECT *
FROM priced_lines
WHERE ordered_on <= $as_of
