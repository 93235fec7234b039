"""TwiML as text; every document of twilio's builder passes here."""

import re

from twilio.twiml.voice_response import VoiceResponse

# The builder escapes markup, but lets through what XML 1.0 has no place for; half a surrogate pair it
# writes as a reference. A text that came from a CRM may hold either, and Twilio refuses the whole document.
# https://www.w3.org/TR/xml/#charsets
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|&#5[5-7][0-9]{3};")


def written(response: VoiceResponse) -> str:
    """The document, without characters that XML cannot hold."""
    return NO_XML.sub("", str(response))
