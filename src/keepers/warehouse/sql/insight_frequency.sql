-- Grain: number of orders that a customer made, with the customers who made as many.
-- Reads: customer_summary
SELECT orders, count(*) AS customers, sum(revenue) AS revenue
FROM customer_summary
GROUP BY orders
ORDER BY orders
