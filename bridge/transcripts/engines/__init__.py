"""Engines behind the seam `Transcriber`: servers of speech models, and Twilio's own two products."""
