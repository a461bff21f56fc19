-- Grain: decision of the plan $before × decision of the plan $plan_id; null: customers whom one of them did not know.
-- Reads: plan_lines
SELECT
  earlier.decision AS decision_before,
  later.decision,
  count(*) AS customers,
  sum(earlier.cost) AS cost_before,
  sum(later.cost) AS cost,
  sum(earlier.expected_gain) AS expected_gain_before,
  sum(later.expected_gain) AS expected_gain
FROM (SELECT * FROM plan_lines WHERE plan_id = $before) AS earlier
FULL JOIN (SELECT * FROM plan_lines WHERE plan_id = $plan_id) AS later ON later.customer_id = earlier.customer_id
GROUP BY earlier.decision, later.decision
ORDER BY customers DESC, decision_before, later.decision
