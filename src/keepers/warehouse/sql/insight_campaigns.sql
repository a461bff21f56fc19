-- Grain: customer × campaign that reached them up to their first order, or who has none; won: their last before it.
-- Reads: interactions, current_keys, customer_days
-- Those who first ordered before $acquired_from were not won, and what they cost is no cost of winning: left out.
WITH
acts AS (
  SELECT
    coalesce(known.customer_id, act.external_id) AS customer_id,
    act.campaign,
    CAST(act.happened_at AS DATE) AS happened_on,
    act.touch_cost,
    act.is_removed,
    row_number() OVER (
      PARTITION BY act.source, act.interaction_id ORDER BY act.version DESC, act.batch_id DESC
    ) AS place
  FROM interactions AS act
  LEFT JOIN current_keys AS known ON known.source = act.source AND known.external_id = act.external_id
),
firsts AS (
  SELECT customer_id, min(counts_on) AS first_order
  FROM customer_days
  WHERE is_occasion
  GROUP BY customer_id
),
reached AS (
  SELECT
    acts.customer_id,
    acts.campaign,
    firsts.first_order,
    max(acts.happened_on) AS last_on,
    sum(acts.touch_cost) AS touch_cost,
    count(*) - count(acts.touch_cost) AS without_cost
  FROM acts
  LEFT JOIN firsts ON firsts.customer_id = acts.customer_id
  WHERE
    acts.place = 1 AND NOT acts.is_removed AND acts.campaign IS NOT NULL AND acts.happened_on <= $as_of
    AND (
      firsts.first_order IS NULL
      OR (acts.happened_on <= firsts.first_order AND firsts.first_order >= CAST($acquired_from AS DATE))
    )
  GROUP BY acts.customer_id, acts.campaign, firsts.first_order
)
SELECT
  customer_id,
  campaign,
  CAST(touch_cost AS DOUBLE) AS touch_cost,
  without_cost,
  first_order IS NOT NULL
    AND row_number() OVER (PARTITION BY customer_id ORDER BY last_on DESC, campaign) = 1 AS is_won
FROM reached
ORDER BY customer_id, campaign
