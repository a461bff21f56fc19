-- Grain: one row: lines set aside because they are later than $as_of.
-- Reads: active_lines
SELECT
  count(*) AS lines_after_as_of,
  CAST(sum(revenue) AS DOUBLE) AS revenue_after_as_of
FROM active_lines
WHERE ordered_on > $as_of
