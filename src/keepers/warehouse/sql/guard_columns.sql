-- Grain: customer with a request that is open, or who brought others, as the desks and other sources told by $as_of.
-- Reads: interactions, current_keys, customer_acquisitions
-- A ticket or complaint that came in is open as long as nobody wrote what came of it.
WITH acts AS (
  SELECT
    coalesce(known.customer_id, act.external_id) AS customer_id,
    act.touch_kind,
    act.direction,
    act.outcome,
    act.is_removed,
    act.happened_at,
    row_number() OVER (
      PARTITION BY act.source, act.interaction_id ORDER BY act.version DESC, act.batch_id DESC
    ) AS place
  FROM interactions AS act
  LEFT JOIN current_keys AS known ON known.source = act.source AND known.external_id = act.external_id
),
told AS (
  SELECT customer_id, 1 AS open_tickets, 0 AS referred
  FROM acts
  WHERE
    place = 1 AND NOT is_removed AND touch_kind IN ('ticket', 'complaint') AND outcome IS NULL
    AND coalesce(direction, 'in') = 'in' AND CAST(happened_at AS DATE) <= $as_of
  UNION ALL
  SELECT referred_by AS customer_id, 0 AS open_tickets, 1 AS referred
  FROM customer_acquisitions
  WHERE referred_by IS NOT NULL AND referred_by <> customer_id
)
SELECT
  customer_id,
  CAST(sum(open_tickets) AS BIGINT) AS open_tickets,
  CAST(sum(referred) AS BIGINT) AS referred
FROM told
GROUP BY customer_id
ORDER BY customer_id
