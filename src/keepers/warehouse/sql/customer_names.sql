-- Grain: customer whom an active import describes: of each attribute the one that was described last.
-- Reads: customer_attributes, active_batches, current_keys
-- Street, postal code and city are one address: all three of whichever was described last with any of them.
SELECT
  described.customer_id,
  arg_max(described.name, described.place) AS name,
  arg_max(described.email, described.place) AS email,
  arg_max(described.phone, described.place) AS phone,
  nullif(arg_max(coalesce(described.street, ''), described.place_of_address), '') AS street,
  nullif(arg_max(coalesce(described.postal_code, ''), described.place_of_address), '') AS postal_code,
  nullif(arg_max(coalesce(described.city, ''), described.place_of_address), '') AS city,
  arg_max(described.country, described.place) AS country
FROM (
  SELECT
    placed.*,
    CASE WHEN coalesce(placed.street, placed.postal_code, placed.city) IS NOT NULL THEN placed.place END
      AS place_of_address
  FROM (
    -- One number, by day, then import, then id of a merged customer: a row of the three takes several times as long.
    SELECT
      coalesce(known.customer_id, told.external_id) AS customer_id,
      told.name,
      told.email,
      told.phone,
      told.street,
      told.postal_code,
      told.city,
      told.country,
      (date_diff('day', DATE '1970-01-01', told.described_on) * 1000000 + batch.sequence) * 1000
        + coalesce(least(known.turn, 999), 0) AS place
    FROM customer_attributes AS told
    JOIN active_batches AS batch ON batch.batch_id = told.batch_id
    LEFT JOIN (
      SELECT
        source,
        external_id,
        customer_id,
        row_number() OVER (PARTITION BY customer_id ORDER BY external_id, source) AS turn
      FROM current_keys
    ) AS known ON known.source = told.source AND known.external_id = told.external_id
  ) AS placed
) AS described
GROUP BY described.customer_id
