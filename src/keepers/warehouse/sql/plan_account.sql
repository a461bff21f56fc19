-- Grain: the plan $plan_id.
-- Reads: plans
SELECT account
FROM plans
WHERE plan_id = $plan_id
