-- Grain: insight × view that the run $run_id kept.
-- Reads: insights
SELECT insight, "by", answer
FROM insights
WHERE run_id = $run_id
ORDER BY insight, "by"
