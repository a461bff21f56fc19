-- Grain: origin × distinct history as of it × count of orders that followed until its end; returns known at $as_of.
-- Reads: occasion_gaps
SELECT
  origin,
  repeat_orders,
  age_at_last_order,
  age,
  later_orders,
  count(*) AS customers,
  -- a sum of decimals does not depend on the order of the rows, a sum of floats does
  CAST(sum(sum_log_gaps) AS DOUBLE) / count(*) AS mean_sum_log_gaps
FROM (
  SELECT
    span.origin,
    gaps.customer_id,
    count(CASE WHEN gaps.occasion_on <= span.origin THEN 1 END) - 1 AS repeat_orders,
    CAST(
      date_diff('day', min(gaps.occasion_on), max(CASE WHEN gaps.occasion_on <= span.origin THEN gaps.occasion_on END))
      AS DOUBLE
    ) AS age_at_last_order,
    CAST(date_diff('day', min(gaps.occasion_on), span.origin) AS DOUBLE) AS age,
    count(CASE WHEN gaps.occasion_on > span.origin THEN 1 END) AS later_orders,
    coalesce(
      sum(CASE WHEN gaps.occasion_on <= span.origin THEN CAST(ln(gaps.gap) AS DECIMAL(18, 12)) END),
      0
    ) AS sum_log_gaps
  FROM occasion_gaps AS gaps
  CROSS JOIN (SELECT unnest($origins) AS origin, unnest($ends) AS until) AS span
  WHERE gaps.occasion_on <= span.until
  GROUP BY span.origin, gaps.customer_id
  HAVING min(gaps.occasion_on) <= span.origin
) AS customer
GROUP BY origin, repeat_orders, age_at_last_order, age, later_orders
ORDER BY origin, repeat_orders, age_at_last_order, age, later_orders
