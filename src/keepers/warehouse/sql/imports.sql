-- Grain: import in its newest state, in the order of imports.
-- Reads: batches
SELECT *
FROM (
  SELECT *, row_number() OVER (PARTITION BY batch_id ORDER BY version DESC) AS age
  FROM batches
) AS newest
WHERE age = 1
ORDER BY sequence
