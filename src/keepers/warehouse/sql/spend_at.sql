-- Grain: customer with an occasion up to $origin; what occasions were worth up to it, and after it until $until; returns known at $as_of.
-- Reads: occasion_gaps
SELECT
  customer_id,
  count(CASE WHEN occasion_on <= $origin THEN revenue END) AS valued_orders,
  CAST(sum(CASE WHEN occasion_on <= $origin THEN revenue END) AS DOUBLE) AS revenue,
  count(CASE WHEN occasion_on <= $origin AND revenue > 0 THEN 1 END) AS paid_orders,
  -- a sum of decimals does not depend on the order of the rows, a sum of floats does
  CAST(
    sum(CASE WHEN occasion_on <= $origin AND revenue > 0 THEN CAST(ln(revenue) AS DECIMAL(18, 12)) END) AS DOUBLE
  ) AS sum_logs,
  CAST(
    sum(CASE WHEN occasion_on <= $origin AND revenue > 0 THEN CAST(power(ln(revenue), 2) AS DECIMAL(18, 12)) END)
    AS DOUBLE
  ) AS sum_squared_logs,
  CAST(sum(CASE WHEN occasion_on > $origin AND revenue > 0 THEN revenue END) AS DOUBLE) AS later_revenue,
  count(CASE WHEN occasion_on > $origin AND revenue > 0 THEN 1 END) AS later_paid_orders,
  count(CASE WHEN occasion_on > $origin THEN revenue END) AS later_valued_orders
FROM occasion_gaps
WHERE occasion_on <= $until
GROUP BY customer_id
HAVING min(occasion_on) <= $origin
ORDER BY customer_id
