-- Grain: customer $customer_id, as the plan $plan_id says what they are worth and what to try before giving up.
-- Reads: plan_lines
SELECT
  net_value,
  net_value_low,
  net_value_high,
  chance_above_cost,
  current_profit,
  guards,
  remedies
FROM plan_lines
WHERE plan_id = $plan_id AND customer_id = $customer_id
