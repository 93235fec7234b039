"""Sends one message when something needs a person, and one when it is over."""
