"""`init`: what only the operator knows, each answer checked at once, and the files that it goes into."""
