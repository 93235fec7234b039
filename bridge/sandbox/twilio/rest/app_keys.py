"""Where the handlers find the sandbox that they speak for."""

from aiohttp import web

from bridge.sandbox.twilio.sandbox import TwilioSandbox

SANDBOX = web.AppKey("sandbox", TwilioSandbox)
