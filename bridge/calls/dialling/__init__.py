"""Which numbers can be dialled, how often, and which caller ID is shown."""
