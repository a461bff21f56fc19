"""The pages that change customers; the list is the portfolio's and the record is the shell's."""
