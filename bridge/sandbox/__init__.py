"""A Twilio and a Twenty to play with: real servers, which know nothing of the bridge."""
