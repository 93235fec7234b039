"""Conversation Intelligence (classic): `/v2/Services` and `/v2/Transcripts`, as forms.

https://www.twilio.com/docs/conversational-intelligence/api
"""

from aiohttp import web

from bridge.sandbox.twilio.rest.intelligence import services, transcripts

ROUTES = [
    web.get("/v2/Services", services.list_services),
    web.post("/v2/Services", services.create_service),
    web.get("/v2/Services/{Sid}", services.fetch_service),
    web.post("/v2/Services/{Sid}", services.update_service),
    web.delete("/v2/Services/{Sid}", services.delete_service),
    web.get("/v2/Transcripts", transcripts.list_transcripts),
    web.post("/v2/Transcripts", transcripts.create_transcript),
    web.get("/v2/Transcripts/{Sid}", transcripts.fetch_transcript),
    web.delete("/v2/Transcripts/{Sid}", transcripts.delete_transcript),
    web.get("/v2/Transcripts/{Sid}/Sentences", transcripts.list_sentences),
]
