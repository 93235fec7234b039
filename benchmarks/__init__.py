"""What a request costs, measured beside something known in the same run."""
