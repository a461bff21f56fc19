"""From the rows of a table to rows that are ready to be brought in; refused ones with reasons."""
