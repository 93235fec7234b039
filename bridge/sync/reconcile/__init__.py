"""Asks Twilio for calls whose webhooks were lost, and stores them as callbacks."""
