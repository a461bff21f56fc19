"""What every room shares: errors, periods and ids. Imports nothing of ours."""
