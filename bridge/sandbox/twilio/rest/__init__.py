"""The REST API, as far as a bridge uses it.

https://www.twilio.com/docs/usage/api
"""
