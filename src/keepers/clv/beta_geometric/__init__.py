"""What BG/NBD, MBG/NBD and MBG/CNBD-k share: customers who may drop out after an order."""
