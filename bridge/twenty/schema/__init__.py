"""What a workspace's schema has, and what the bridge does without."""
