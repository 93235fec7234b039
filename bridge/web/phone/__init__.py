"""What the phone calls: tokens, callers, calls, numbers, who one is; and its page."""
