-- Grain: fit of the run $run_id.
-- Reads: fits
SELECT model, part, parameters, draws, diagnostics, time_unit_days
FROM fits
WHERE run_id = $run_id
ORDER BY part
