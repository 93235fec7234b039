"""What the phone calls: tokens, callers, calls."""
