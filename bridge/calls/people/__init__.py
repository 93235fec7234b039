"""Finds the person in Twenty who has a number."""
