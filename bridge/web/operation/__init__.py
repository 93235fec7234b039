"""Health, limits, security headers, access log, error answers, graceful shutdown."""
