"""Who is worth keeping, who may grow, and what comes before letting somebody go."""
