"""What changes customers: each action one transaction, the change and its row of the audit log."""
