"""The workspace's structure and settings: what `POST /metadata` reads and changes."""
