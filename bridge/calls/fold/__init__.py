"""Callbacks → legs → one Call; the same for every order of the same callbacks."""
