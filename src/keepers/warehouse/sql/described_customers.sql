-- Grain: customer whom the run $value_run values: what was known of them with their first order, and what they are worth.
-- Reads: customer_values, customer_summary, customer_terms, first_purchases, customer_names, customer_acquisitions
-- relative_worth: margin so far and residual value, against the mean of those who came at about the same time; only of
-- customers acquired since $acquired_from. Bands of 200 who came one after another, at most 20 of them.
SELECT
  worth.customer_id,
  worth.first_order,
  worth.is_acquired,
  worth."group",
  worth.residual_value,
  worth.chance_in_top_tenth,
  CASE
    WHEN worth.is_acquired
      THEN worth.brought / nullif(avg(worth.brought) OVER (PARTITION BY worth.is_acquired, worth.band), 0)
  END AS relative_worth,
  worth.acquisition_cost,
  worth.acquisition_source,
  worth.segment,
  worth.channel,
  worth.payment_method,
  worth.location,
  worth.city,
  worth.country,
  worth.first_category,
  worth.first_product,
  worth.first_weekday,
  worth.referred
FROM (
  SELECT
    own.*,
    least(
      CAST(floor(
        (row_number() OVER (PARTITION BY own.is_acquired ORDER BY own.first_order, own.customer_id) - 1)
        / (greatest(200.0, count(*) OVER (PARTITION BY own.is_acquired) / 20.0))
      ) AS BIGINT),
      greatest(
        CAST(floor(count(*) OVER (PARTITION BY own.is_acquired) / greatest(
          200.0, count(*) OVER (PARTITION BY own.is_acquired) / 20.0
        )) AS BIGINT) - 1,
        0
      )
    ) AS band
  FROM (
    SELECT
      valued.customer_id,
      valued.first_order,
      valued.first_order >= CAST($acquired_from AS DATE) AS is_acquired,
      valued."group",
      valued.residual_value,
      valued.chance_in_top_tenth,
      greatest(
        coalesce(valued.mean_order_value * valued.orders, 0) * coalesce(summary.margin_rate, $margin)
        + valued.residual_value,
        0
      ) AS brought,
      told.acquisition_cost,
      terms.acquisition_source,
      terms.segment,
      terms.channel,
      terms.payment_method,
      terms.location,
      names.city,
      names.country,
      purchase.first_category,
      purchase.first_product,
      purchase.first_weekday,
      CASE WHEN told.referred_by IS NOT NULL THEN 'yes' WHEN told.customer_id IS NOT NULL THEN 'no' END AS referred
    FROM customer_values AS valued
    LEFT JOIN customer_summary AS summary ON summary.customer_id = valued.customer_id
    LEFT JOIN customer_terms AS terms ON terms.customer_id = valued.customer_id
    LEFT JOIN first_purchases AS purchase ON purchase.customer_id = valued.customer_id
    LEFT JOIN customer_names AS names ON names.customer_id = valued.customer_id
    LEFT JOIN customer_acquisitions AS told ON told.customer_id = valued.customer_id
    WHERE valued.run_id = $value_run
  ) AS own
) AS worth
ORDER BY worth.customer_id
