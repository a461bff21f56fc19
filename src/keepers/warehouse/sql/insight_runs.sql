-- Grain: run of the loop, the newest first.
-- Reads: runs
SELECT run_id, as_of, started_at, currency, grade, base, backtest
FROM runs
ORDER BY started_at DESC, run_id DESC
