-- Grain: customer whom a catalog, letter or mailing of ours reached after $after and up to $until.
-- Reads: interactions, current_keys
WITH acts AS (
  SELECT
    coalesce(known.customer_id, act.external_id) AS customer_id,
    act.touch_kind,
    act.direction,
    act.is_removed,
    CAST(act.happened_at AS DATE) AS happened_on,
    row_number() OVER (
      PARTITION BY act.source, act.interaction_id ORDER BY act.version DESC, act.batch_id DESC
    ) AS place
  FROM interactions AS act
  LEFT JOIN current_keys AS known ON known.source = act.source AND known.external_id = act.external_id
)
SELECT customer_id, count(*) AS mailings
FROM acts
WHERE
  place = 1 AND NOT is_removed AND touch_kind IN ('catalog', 'letter', 'mailing')
  AND coalesce(direction, 'out') = 'out' AND happened_on > $after AND happened_on <= $until
GROUP BY customer_id
ORDER BY customer_id
