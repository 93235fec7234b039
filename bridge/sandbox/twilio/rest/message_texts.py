"""`/Transcriptions`: what `<Record transcribe>` made of messages.

https://www.twilio.com/docs/voice/api/recording-transcription
"""

from aiohttp import web

from bridge.sandbox.twilio.errors import RestError
from bridge.sandbox.twilio.recordings import MessageText
from bridge.sandbox.twilio.rest.app_keys import SANDBOX
from bridge.sandbox.twilio.rest.show import show_message_text


async def fetch_message_text(request: web.Request) -> web.Response:
    """One text."""
    return web.json_response(show_message_text(request.app[SANDBOX].account, _find(request)))


async def delete_message_text(request: web.Request) -> web.Response:
    """The recording stays."""
    del request.app[SANDBOX].account.message_texts[_find(request).sid]
    return web.Response(status=204)


def _find(request: web.Request) -> MessageText:
    found = request.app[SANDBOX].account.message_texts.get(request.match_info["Sid"])
    if found is None:
        raise RestError(404, 20404, request.path)
    return found
