"""Which agents and numbers ring for an incoming call, and when."""
