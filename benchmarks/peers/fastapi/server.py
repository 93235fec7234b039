"""What a small team has today: the three routes as the documentation of Twilio and FastAPI writes them.

Nothing is kept. https://www.twilio.com/docs/iam/access-tokens, https://www.twilio.com/docs/voice/twiml/dial,
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import os
import socket
import sys
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel
from starlette.datastructures import FormData
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import VoiceResponse

env = os.environ
public_url = env["BRIDGE_PUBLIC_URL"]
validator = RequestValidator(env["TWILIO_AUTH_TOKEN"])

app = FastAPI()


class Asked(BaseModel):
    """Who asks for a token."""

    identity: str


async def signed(request: Request) -> FormData:
    """The parameters, if Twilio sent them."""
    form = await request.form()
    signature = request.headers.get("X-Twilio-Signature", "")
    if not validator.validate(public_url + request.url.path, form, signature):
        raise HTTPException(status_code=403, detail="Twilio Request Validation Failed.")
    return form


Signed = Annotated[FormData, Depends(signed)]


@app.post("/api/twilio/token")
async def token(asked: Asked) -> dict[str, str]:
    """An access token for whoever asks."""
    made = AccessToken(
        env["TWILIO_ACCOUNT_SID"],
        env["TWILIO_API_KEY"],
        env["TWILIO_API_SECRET"],
        identity=asked.identity,
        ttl=3600,
    )
    made.add_grant(VoiceGrant(outgoing_application_sid=env["TWILIO_APP_SID"], incoming_allow=True))
    return {"token": made.to_jwt(), "identity": asked.identity}


@app.post("/twilio/voice")
async def voice(form: Signed) -> Response:
    """Dials out with the company's number."""
    response = VoiceResponse()
    dial = response.dial(caller_id=env["TWILIO_PHONE_NUMBER"])
    dial.number(form["To"], status_callback=f"{public_url}/twilio/status")
    return Response(str(response), media_type="text/xml")


@app.post("/twilio/status", status_code=204)
async def status(form: Signed) -> None:
    """Nothing is kept."""


if __name__ == "__main__":
    listens = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"http://127.0.0.1:{listens.getsockname()[1]}\n")
    sys.stdout.flush()
    # With uvloop and httptools, which it takes where they are installed; as Express, without a log.
    uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run(sockets=[listens])
