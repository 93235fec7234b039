"""`/v2/token` of oauth.twilio.com: client credentials for an access token."""

from aiohttp import web

from bridge.sandbox.twilio.rest.app_keys import SANDBOX


async def issue_token(request: web.Request) -> web.Response:
    """An access token, or an error in the form of RFC 6749."""
    form = await request.post()
    if form.get("grant_type") != "client_credentials":
        return web.json_response({"error": "unsupported_grant_type"}, status=400)
    oauth = request.app[SANDBOX].account.oauth
    token = oauth.issue(str(form.get("client_id", "")), str(form.get("client_secret", "")))
    if token is None:
        return web.json_response({"error": "invalid_client"}, status=401)
    return web.json_response(
        {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": oauth.life_seconds,
            "id_token": None,
            "refresh_token": None,
        }
    )
