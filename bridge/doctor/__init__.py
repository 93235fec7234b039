"""What keeps a bridge from working: each setting and connection, tried; the reason, and what mends it."""
