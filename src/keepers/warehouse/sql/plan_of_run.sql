-- Grain: customer, as the plan that the run $run_id made of itself says what to do.
-- Reads: plan_lines
SELECT
  customer_id,
  decision,
  action,
  level,
  cost,
  expected_gain,
  expected_gain_low,
  expected_gain_high,
  evidence,
  reason
FROM plan_lines
WHERE plan_id = $run_id
ORDER BY decision, action, expected_gain DESC NULLS LAST, customer_id
