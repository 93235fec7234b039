"""What was said in a call: segments by speaker and time, merged from channels, pieces and recordings."""
