"""People of Twenty: looked up by number, shown to agents, and their phone numbers."""
