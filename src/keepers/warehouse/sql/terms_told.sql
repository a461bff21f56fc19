-- Grain: the history up to the end of $as_of, one row: how many lines tell each thing that sources are told apart by.
-- Reads: known_lines, customer_acquisitions
SELECT
  count(coalesce(told.acquisition_source, line.acquisition_source)) AS acquisition_source,
  count(line.channel) AS channel
FROM known_lines AS line
LEFT JOIN customer_acquisitions AS told ON told.customer_id = line.customer_id
WHERE line.customer_id IS NOT NULL AND line.line_kind = 'sale'
