"""Which agents and numbers ring for an inbound call, and when."""
