-- Grain: kind of line (sale, return, postage, fee, adjustment) with its lines and money up to $as_of.
-- Reads: known_lines
SELECT line_kind, count(*) AS lines, coalesce(CAST(sum(revenue) AS DOUBLE), 0) AS revenue
FROM known_lines
GROUP BY line_kind
ORDER BY line_kind
