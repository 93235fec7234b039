"""The session to Twenty: documents, rate limit, errors."""
