-- Grain: insight × view that the run $run_id kept.
-- Reads: insights
SELECT insight, "by", answer
FROM insights
WHERE run_id = $run_id AND answer IS NOT NULL -- runs of the first version kept rows alone
ORDER BY insight, "by"
