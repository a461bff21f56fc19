"""What the models of contracts share: renewals as they were seen, and what is still to come."""
