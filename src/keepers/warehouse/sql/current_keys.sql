-- Grain: external id of a source, with the customer it stands for today.
-- Reads: customer_keys
SELECT source, external_id, arg_max(customer_id, version) AS customer_id
FROM customer_keys
GROUP BY source, external_id
