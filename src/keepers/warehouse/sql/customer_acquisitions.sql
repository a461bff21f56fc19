-- Grain: customer of whom the desks told how they came, as it was told last; whoever was told and taken back is none.
-- Reads: customer_attributes, current_keys
SELECT customer_id, acquisition_source, acquired_on, acquisition_cost, referred_by, told_on
FROM (
  SELECT
    coalesce(known.customer_id, told.external_id) AS customer_id,
    told.acquisition_source,
    told.acquired_on,
    told.acquisition_cost,
    told.described_on AS told_on,
    coalesce(bringer.customer_id, told.referred_by) AS referred_by,
    -- of those who were found to be one, what is told of the one who was kept
    row_number() OVER (
      PARTITION BY coalesce(known.customer_id, told.external_id)
      ORDER BY
        CASE WHEN told.external_id = coalesce(known.customer_id, told.external_id) THEN 0 ELSE 1 END,
        told.version DESC
    ) AS place
  FROM customer_attributes AS told
  LEFT JOIN current_keys AS known ON known.source = told.source AND known.external_id = told.external_id
  LEFT JOIN current_keys AS bringer ON bringer.source = told.source AND bringer.external_id = told.referred_by
  WHERE told.version IS NOT NULL
) AS latest
WHERE place = 1 AND NOT (
  acquisition_source IS NULL AND acquired_on IS NULL AND acquisition_cost IS NULL AND referred_by IS NULL
)
