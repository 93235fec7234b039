"""Users of Twenty who ask the bridge: their tokens and sessions, verified by Twenty."""
