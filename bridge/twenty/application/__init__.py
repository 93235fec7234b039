"""The Twenty app: which of its builds a workspace takes; it is published, installed and removed."""
