"""The field types of Twenty: their columns, what they accept, and how they read."""
