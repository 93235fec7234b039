"""The HTTP edge: what arrives is checked, read and kept or answered here."""
