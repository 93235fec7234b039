"""What the bridge says to its operators, in their language."""
