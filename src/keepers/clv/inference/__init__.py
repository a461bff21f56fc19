"""From likelihood to what the data leave open: maximum likelihood, posterior, chains as the judge."""
