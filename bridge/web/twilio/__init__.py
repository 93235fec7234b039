"""Endpoints for Twilio: voice requests, callbacks, transcripts; all verify Twilio's signature."""
