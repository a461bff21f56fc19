-- Grain: customer with at least one occasion, as known at the end of $as_of.
-- Reads: customer_days
SELECT
  $run_id AS run_id,
  customer.customer_id,
  customer.orders,
  customer.orders - 1 AS repeat_orders,
  customer.first_order,
  customer.last_order,
  CAST(date_diff('day', customer.first_order, customer.last_order) AS DOUBLE) AS age_at_last_order,
  CAST(date_diff('day', customer.first_order, $as_of) AS DOUBLE) AS age,
  CAST(customer.sum_log_gaps AS DOUBLE) AS sum_log_gaps,
  CAST(customer.revenue AS DOUBLE) AS revenue,
  -- a day whose lines carry no amount tells nothing of what a day is worth
  CASE
    WHEN customer.valued_orders > 0 THEN CAST(customer.revenue AS DOUBLE) / customer.valued_orders
  END AS mean_order_value,
  customer.valued_orders,
  customer.paid_orders,
  CASE
    WHEN customer.paid_orders > 0 THEN CAST(customer.sum_logs AS DOUBLE) / customer.paid_orders
  END AS mean_log_value,
  CASE
    WHEN customer.paid_orders > 0
      THEN greatest(
        CAST(customer.sum_squared_logs AS DOUBLE) / customer.paid_orders
        - power(CAST(customer.sum_logs AS DOUBLE) / customer.paid_orders, 2),
        0.0
      )
  END AS var_log_value,
  CAST(customer.largest_order_value AS DOUBLE) AS largest_order_value,
  CASE
    WHEN customer.costed_revenue > 0
      THEN 1 - CAST(customer.cost AS DOUBLE) / CAST(customer.costed_revenue AS DOUBLE)
  END AS margin_rate,
  customer.location
FROM (
  SELECT
    customer_id,
    count(CASE WHEN is_occasion THEN 1 END) AS orders,
    min(CASE WHEN is_occasion THEN counts_on END) AS first_order,
    max(CASE WHEN is_occasion THEN counts_on END) AS last_order,
    -- a sum of decimals does not depend on the order of the rows, a sum of floats does
    coalesce(
      sum(
        CASE
          WHEN is_occasion AND previous_on IS NOT NULL
            THEN CAST(ln(date_diff('day', previous_on, counts_on)) AS DECIMAL(18, 12))
        END
      ),
      0
    ) AS sum_log_gaps,
    count(CASE WHEN is_occasion THEN revenue END) AS valued_orders,
    count(CASE WHEN is_occasion AND revenue > 0 THEN 1 END) AS paid_orders,
    sum(CASE WHEN is_occasion AND revenue > 0 THEN CAST(ln(revenue) AS DECIMAL(18, 12)) END) AS sum_logs,
    sum(
      CASE WHEN is_occasion AND revenue > 0 THEN CAST(power(ln(revenue), 2) AS DECIMAL(18, 12)) END
    ) AS sum_squared_logs,
    max(CASE WHEN is_occasion THEN revenue END) AS largest_order_value,
    arg_max(CASE WHEN is_occasion THEN location END, counts_on) AS location,
    sum(revenue) AS revenue,
    sum(cost) AS cost,
    sum(costed_revenue) AS costed_revenue
  FROM (
    SELECT
      *,
      lag(counts_on) OVER (PARTITION BY customer_id, is_occasion ORDER BY counts_on) AS previous_on
    FROM customer_days
  ) AS days
  GROUP BY customer_id
) AS customer
WHERE customer.orders > 0
ORDER BY customer.customer_id
