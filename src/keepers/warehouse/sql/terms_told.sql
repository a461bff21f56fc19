-- Grain: the history up to the end of $as_of, one row: how many lines tell each thing that sources are told apart by.
-- Reads: known_lines
SELECT
  count(acquisition_source) AS acquisition_source,
  count(channel) AS channel
FROM known_lines
WHERE customer_id IS NOT NULL AND line_kind = 'sale'
