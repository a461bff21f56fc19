-- Grain: customer whom an active import describes: of each attribute the one that was described last.
-- Reads: described_customers, described_again
SELECT once.customer_id, once.name, once.email, once.phone, once.city, once.country
FROM described_customers AS once
LEFT JOIN described_again AS again ON again.customer_id = once.customer_id
WHERE again.customer_id IS NULL
UNION ALL
SELECT
  several.customer_id,
  arg_max(several.name, several.place) AS name,
  arg_max(several.email, several.place) AS email,
  arg_max(several.phone, several.place) AS phone,
  arg_max(several.city, several.place) AS city,
  arg_max(several.country, several.place) AS country
FROM (
  SELECT
    told.customer_id,
    told.name,
    told.email,
    told.phone,
    told.city,
    told.country,
    row_number() OVER (ORDER BY told.described_on, told.sequence, told.external_id) AS place
  FROM described_customers AS told
  JOIN described_again AS again ON again.customer_id = told.customer_id
) AS several
GROUP BY several.customer_id
