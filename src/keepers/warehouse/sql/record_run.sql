-- Grain: the run $run_id.
-- Reads: runs
SELECT run_id, as_of, currency, parameters, diagnostics
FROM runs
WHERE run_id = $run_id
