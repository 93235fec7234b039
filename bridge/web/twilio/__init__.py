"""What Twilio calls: voice requests, callbacks, transcripts; each with Twilio's signature."""
