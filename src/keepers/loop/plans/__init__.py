"""Plans of values and of a workspace's runs: what they learn first, made, kept."""
