"""From the inbox to Twenty: what is due is folded, matched and written."""
