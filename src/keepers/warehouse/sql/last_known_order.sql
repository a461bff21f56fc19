-- Grain: one row: the last local day of the lines that count, and of those whose moment had come by $now.
-- Reads: active_lines
SELECT
  max(ordered_on) AS last_order,
  max(CASE WHEN ordered_at <= $now THEN ordered_on END) AS last_come
FROM active_lines
