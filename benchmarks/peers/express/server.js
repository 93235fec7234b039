// What a small team has today: the three routes as Twilio's documentation writes them. Nothing is kept.
//
// https://www.twilio.com/docs/iam/access-tokens
// https://www.twilio.com/docs/voice/twiml/dial
// https://www.twilio.com/docs/usage/tutorials/how-to-secure-your-express-app-by-validating-incoming-twilio-requests

import express from "express";
import twilio from "twilio";

const { AccessToken } = twilio.jwt;
const env = process.env;
const publicUrl = new URL(env.BRIDGE_PUBLIC_URL);

// The middleware takes the auth token from TWILIO_AUTH_TOKEN.
const signed = twilio.webhook({ protocol: publicUrl.protocol.slice(0, -1), host: publicUrl.host });
const form = express.urlencoded({ extended: false });

const app = express();

app.post("/api/twilio/token", express.json(), (request, response) => {
  const { identity } = request.body;
  const grant = new AccessToken.VoiceGrant({
    outgoingApplicationSid: env.TWILIO_APP_SID,
    incomingAllow: true,
  });
  const token = new AccessToken(env.TWILIO_ACCOUNT_SID, env.TWILIO_API_KEY, env.TWILIO_API_SECRET, {
    identity,
    ttl: 3600,
  });
  token.addGrant(grant);
  response.json({ token: token.toJwt(), identity });
});

app.post("/twilio/voice", form, signed, (request, response) => {
  const twiml = new twilio.twiml.VoiceResponse();
  const dial = twiml.dial({ callerId: env.TWILIO_PHONE_NUMBER });
  dial.number({ statusCallback: `${publicUrl.origin}/twilio/status` }, request.body.To);
  response.type("text/xml").send(twiml.toString());
});

app.post("/twilio/status", form, signed, (_request, response) => {
  response.sendStatus(204);
});

const server = app.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
