-- Grain: customer, as the plan $plan_id says what to do; `moved_from` is what the plan $before said where that differs.
-- Reads: plan_lines
SELECT
  now.customer_id,
  now.decision,
  now.action,
  now.level,
  now.cost,
  now.expected_gain,
  now.expected_gain_low,
  now.expected_gain_high,
  now.mailed_margin,
  now.mailed_margin_low,
  now.mailed_margin_high,
  now.value_at_stake,
  now.chance_back,
  now.evidence,
  now.reason,
  CASE WHEN earlier.decision <> now.decision THEN earlier.decision END AS moved_from
FROM plan_lines AS now
LEFT JOIN plan_lines AS earlier ON earlier.plan_id = $before AND earlier.customer_id = now.customer_id
WHERE now.plan_id = $plan_id
ORDER BY now.decision, now.action, now.expected_gain DESC NULLS LAST, now.customer_id
