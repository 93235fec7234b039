"""The languages of Twilio's batch transcription, by the names that its API has.

https://www.twilio.com/docs/voice/transcription/transcription-configuration-resource
"""

LANGUAGES = (
    *("en-US", "en-GB", "en-AU", "de-DE", "fr-FR", "it-IT", "es-ES", "es-MX", "es-US", "pt-PT", "pt-BR"),
    *("nl-NL", "no-NO", "pl-PL", "sv-SE", "da-DK"),
)
"""Of a language with several regions, the first stands for the language alone."""

DETECTED = "multi"


def batch_language(language: str | None) -> str | None:
    """`fr-FR` for `fr`, `multi` for None (detected); None for a language that Twilio does not have."""
    if language is None:
        return DETECTED
    return next((one for one in LANGUAGES if language in (one, one.split("-")[0])), None)
