"""Twilio's transcription products: what they post, and how they are asked."""
