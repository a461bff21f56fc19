-- Grain: plan, the one made last at the end.
-- Reads: plans
SELECT
  plan_id,
  run_id,
  limits,
  account
FROM plans
ORDER BY made_at, plan_id
