"""`/status`: how the bridge is, as a page for people; it needs no script."""
