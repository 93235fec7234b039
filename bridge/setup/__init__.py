"""`init`: the few answers that nobody can find out, each checked at once, and the files that they go into."""
