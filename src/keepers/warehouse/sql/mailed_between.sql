-- Grain: customer whom a catalog, letter or mailing of ours reached after $after and up to $until.
-- Reads: customer_acts
SELECT customer_id, count(*) AS mailings
FROM customer_acts
WHERE
  touch_kind IN ('catalog', 'letter', 'mailing')
  AND coalesce(direction, 'out') = 'out' AND happened_on > $after AND happened_on <= $until
GROUP BY customer_id
ORDER BY customer_id
