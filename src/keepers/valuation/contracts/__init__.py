"""Valuing customers under contract: from rows of contracts to stays, fits, what each will still pay, and a grade."""
