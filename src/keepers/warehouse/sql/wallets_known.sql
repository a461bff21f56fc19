-- Grain: customer whose share of wallet is known, the one who spends most elsewhere first; the latest share counts.
-- Reads: wallets
SELECT
  customer_id,
  arg_max(share_of_wallet, known_at) AS share_of_wallet,
  arg_max(share_of_wallet_low, known_at) AS share_of_wallet_low,
  arg_max(share_of_wallet_high, known_at) AS share_of_wallet_high,
  arg_max(coalesce(elsewhere, -1.0), known_at) AS elsewhere,
  arg_max(wallet_evidence, known_at) AS wallet_evidence
FROM wallets
GROUP BY customer_id
ORDER BY elsewhere DESC, customer_id
