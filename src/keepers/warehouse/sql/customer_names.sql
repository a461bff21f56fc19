-- Grain: customer whom an active import describes: of each attribute the one that was described last.
-- Reads: customer_attributes, active_batches, current_keys
SELECT
  described.customer_id,
  arg_max(described.name, described.place) AS name,
  arg_max(described.email, described.place) AS email,
  arg_max(described.phone, described.place) AS phone,
  arg_max(described.city, described.place) AS city,
  arg_max(described.country, described.place) AS country
FROM (
  SELECT
    coalesce(known.customer_id, told.external_id) AS customer_id,
    told.name,
    told.email,
    told.phone,
    told.city,
    told.country,
    row(told.described_on, batch.sequence, told.external_id) AS place
  FROM customer_attributes AS told
  JOIN active_batches AS batch ON batch.batch_id = told.batch_id
  LEFT JOIN current_keys AS known ON known.source = told.source AND known.external_id = told.external_id
) AS described
GROUP BY described.customer_id
