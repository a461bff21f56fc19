-- Grain: customer × campaign that reached them up to their first order, or who has none; won: their last before it.
-- Reads: customer_acts, customer_days
-- Those who first ordered before $acquired_from were not won, and what they cost is no cost of winning: left out.
WITH
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
  FROM customer_acts AS acts
  LEFT JOIN firsts ON firsts.customer_id = acts.customer_id
  WHERE
    acts.campaign IS NOT NULL AND acts.happened_on <= $as_of
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
