-- Grain: act at a touch point as its latest version tells it, with the customer it is about; those removed left out.
-- Reads: interactions, current_keys
WITH versions AS (
  SELECT
    act.*,
    coalesce(known.customer_id, act.external_id) AS customer_id,
    CAST(act.happened_at AS DATE) AS happened_on,
    row_number() OVER (PARTITION BY act.source, act.interaction_id ORDER BY act.version DESC, act.batch_id DESC) AS place
  FROM interactions AS act
  LEFT JOIN current_keys AS known ON known.source = act.source AND known.external_id = act.external_id
)
SELECT
  source,
  interaction_id,
  customer_id,
  happened_on,
  touch_kind,
  direction,
  campaign,
  touch_cost,
  outcome
FROM versions
WHERE place = 1 AND NOT is_removed
ORDER BY source, interaction_id
