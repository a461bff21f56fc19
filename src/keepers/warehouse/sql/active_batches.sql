-- Grain: import that counts, with its place in the order of imports and how many imports of its source count.
-- Reads: batches
SELECT
  newest.batch_id,
  newest.sequence,
  count(*) OVER (PARTITION BY newest.source) AS rivals
FROM (
  SELECT batch_id, source, sequence, active, row_number() OVER (PARTITION BY batch_id ORDER BY version DESC) AS age
  FROM batches
) AS newest
WHERE newest.age = 1 AND newest.active
