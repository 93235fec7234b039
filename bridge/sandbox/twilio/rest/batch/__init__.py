"""Batch transcription: `/v2/Configurations/Transcription` and `/v3/Transcriptions`, all in JSON.

https://www.twilio.com/docs/voice/transcription/batch-transcriptions
"""

from aiohttp import web

from bridge.sandbox.twilio.rest.batch import configurations, transcriptions

CONFIGURATIONS = "/v2/Configurations/Transcription"
TRANSCRIPTIONS = "/v3/Transcriptions"

ROUTES = [
    web.get(CONFIGURATIONS, configurations.list_configurations),
    web.post(CONFIGURATIONS, configurations.create_configuration),
    web.get(CONFIGURATIONS + "/{Id}", configurations.fetch_configuration),
    web.put(CONFIGURATIONS + "/{Id}", configurations.replace_configuration),
    web.delete(CONFIGURATIONS + "/{Id}", configurations.delete_configuration),
    web.get(TRANSCRIPTIONS, transcriptions.list_transcriptions),
    web.post(TRANSCRIPTIONS, transcriptions.create_transcription),
    web.get(TRANSCRIPTIONS + "/{Id}", transcriptions.fetch_transcription),
]
