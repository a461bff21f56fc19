-- Grain: customer id that a source's facts name, with the customer it stands for today and the version that says so.
-- Reads: order_lines, interactions, customer_attributes, customer_keys
WITH seen AS (
  SELECT source, external_id FROM order_lines WHERE external_id IS NOT NULL
  UNION
  SELECT source, external_id FROM interactions
  UNION
  SELECT source, external_id FROM customer_attributes
),
newest AS (
  SELECT source, external_id, arg_max(customer_id, version) AS customer_id, max(version) AS version
  FROM customer_keys
  GROUP BY source, external_id
)
SELECT
  seen.source,
  seen.external_id,
  coalesce(newest.customer_id, seen.external_id) AS customer_id,
  coalesce(newest.version, 0) AS version
FROM seen
LEFT JOIN newest ON newest.source = seen.source AND newest.external_id = seen.external_id
