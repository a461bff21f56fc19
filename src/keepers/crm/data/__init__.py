"""What comes in and what is computed: imports, runs, assumptions."""
