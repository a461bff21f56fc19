-- Grain: customer id of a source as an active import describes it, with the customer it stands for today.
-- Reads: customer_attributes, active_batches, current_keys
SELECT
  coalesce(known.customer_id, told.external_id) AS customer_id,
  told.external_id,
  batch.sequence,
  told.described_on,
  told.name,
  told.email,
  told.phone,
  told.city,
  told.country
FROM customer_attributes AS told
JOIN active_batches AS batch ON batch.batch_id = told.batch_id
LEFT JOIN current_keys AS known ON known.source = told.source AND known.external_id = told.external_id
