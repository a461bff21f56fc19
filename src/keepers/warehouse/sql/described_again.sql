-- Grain: customer whom active imports describe more than once.
-- Reads: described_customers
SELECT customer_id
FROM described_customers
GROUP BY customer_id
HAVING count(*) > 1
