"""A bridge between Twilio Voice and Twenty CRM: tokens, TwiML, and every call on the person's page."""
