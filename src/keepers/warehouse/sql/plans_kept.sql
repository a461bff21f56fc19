-- Grain: plan, the one made last at the end.
-- Reads: plans
SELECT
  plan_id,
  run_id,
  limits
FROM plans
ORDER BY made_at, plan_id
