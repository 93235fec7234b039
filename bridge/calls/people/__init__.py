"""Whose number is this: matching a number with the people of Twenty."""
