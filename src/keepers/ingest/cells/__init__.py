"""What a cell means: amounts, dates, ids, kinds of lines, the state of an order."""
