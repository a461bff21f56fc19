-- Grain: other source with the number of customer ids that the lines about to come in share with it.
-- Reads: incoming_lines, active_lines
SELECT held.source, count(*) AS customers
FROM (SELECT DISTINCT source, external_id FROM active_lines WHERE external_id IS NOT NULL) AS held
JOIN (SELECT DISTINCT source, external_id FROM incoming_lines WHERE external_id IS NOT NULL) AS incoming
  ON incoming.external_id = held.external_id AND incoming.source <> held.source
GROUP BY held.source
ORDER BY held.source
