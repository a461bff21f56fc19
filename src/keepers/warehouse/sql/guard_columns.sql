-- Grain: customer with a request that is open, or who brought others, as the desks and other sources told by $as_of.
-- Reads: customer_acts, customer_acquisitions
-- A ticket or complaint that came in is open as long as nobody wrote what came of it.
WITH told AS (
  SELECT customer_id, 1 AS open_tickets, 0 AS referred
  FROM customer_acts
  WHERE
    touch_kind IN ('ticket', 'complaint') AND outcome IS NULL AND coalesce(direction, 'in') = 'in'
    AND happened_on <= $as_of
  UNION ALL
  SELECT referred_by AS customer_id, 0 AS open_tickets, 1 AS referred
  FROM customer_acquisitions
  WHERE referred_by IS NOT NULL AND referred_by <> customer_id
)
SELECT
  customer_id,
  CAST(sum(open_tickets) AS BIGINT) AS open_tickets,
  CAST(sum(referred) AS BIGINT) AS referred
FROM told
GROUP BY customer_id
ORDER BY customer_id
