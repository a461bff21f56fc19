-- Grain: act at a touch point of the customer $customer_id that another source than the app told, the newest first.
-- Reads: interactions, current_keys
WITH own AS (
  SELECT act.*
  FROM interactions AS act
  LEFT JOIN current_keys AS known ON known.source = act.source AND known.external_id = act.external_id
  WHERE coalesce(known.customer_id, act.external_id) = $customer_id AND act.source <> 'keepers'
),
versions AS (
  SELECT
    own.*,
    row_number() OVER (PARTITION BY own.source, own.interaction_id ORDER BY own.version DESC, own.batch_id DESC) AS place
  FROM own
)
SELECT source, interaction_id, happened_at, touch_kind, direction, campaign, channel, title, outcome, actor
FROM versions
WHERE place = 1 AND NOT is_removed
ORDER BY happened_at DESC, source, interaction_id
