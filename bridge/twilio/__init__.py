"""How Twilio speaks: signatures, tokens, forms, TwiML."""
