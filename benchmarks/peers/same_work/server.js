// The three routes of `../express`, doing what the bridge does with each request: a token for holders of the
// key alone, within limits; a number judged and counted before it is dialled; each callback, and each call out,
// on the disk; one line of the log a request, without secrets; the same security headers.
//
// Written as a good engineer would, where the two ways to do a thing differ the faster one: Twilio's own
// libraries for signature, TwiML and token, pino with a buffered destination, one transaction for what gathered.

import { createHash, timingSafeEqual } from "node:crypto";
import { performance } from "node:perf_hooks";

import express from "express";
import { parsePhoneNumberWithError } from "libphonenumber-js/max";
import pino from "pino";
import twilio from "twilio";

import { openStore } from "./store.js";

const { AccessToken } = twilio.jwt;
const env = process.env;
const publicUrl = new URL(env.BRIDGE_PUBLIC_URL);
const store = await openStore(env.BRIDGE_DATABASE_URL ?? "callbacks.db");

const log = pino(
  { redact: ["authorization", "token", "signature"], timestamp: pino.stdTimeFunctions.isoTime },
  pino.destination({ dest: 2, sync: false, minLength: 4096 }),
);

const digest = (text) => createHash("sha256").update(text).digest();
const keys = env.BRIDGE_WIDGET_KEYS.split(",").map(digest);

// How often a key was used within a minute: a window that starts anew.
class Rate {
  #windows = new Map();

  constructor(most, milliseconds) {
    this.most = most;
    this.milliseconds = milliseconds;
  }

  take(key) {
    const now = performance.now();
    const window = this.#windows.get(key);
    if (!window || now - window.since > this.milliseconds) {
      if (this.#windows.size > 20_000) this.#windows.clear();
      this.#windows.set(key, { since: now, count: 1 });
      return true;
    }
    window.count += 1;
    return window.count <= this.most;
  }
}

const MINUTE = 60_000;
const MOST = 1_000_000;
const tokensOfAddress = new Rate(MOST, MINUTE);
const tokensOfAgent = new Rate(MOST, MINUTE);
const callLimits = [new Rate(MOST, MINUTE), new Rate(MOST, 60 * MINUTE)];

const ORDINARY = new Set(["FIXED_LINE", "MOBILE", "FIXED_LINE_OR_MOBILE", "TOLL_FREE", "VOIP", "UAN"]);
const COUNTRIES = new Set(["FR"]);

function judged(typed) {
  const number = parsePhoneNumberWithError(typed, "FR");
  if (!number.isValid() || !COUNTRIES.has(number.country) || !ORDINARY.has(number.getType())) {
    throw Object.assign(new Error("number refused"), { status: 400 });
  }
  return number.number;
}

const app = express();
app.disable("x-powered-by");
app.disable("etag");

let requests = 0;
app.use((request, response, next) => {
  const began = performance.now();
  const requestId = ++requests;
  response.set({
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
  });
  response.on("finish", () => {
    log.info({
      request_id: requestId,
      method: request.method,
      route: request.route?.path,
      status: response.statusCode,
      call_sid: request.body?.CallSid,
      ms: performance.now() - began,
    }, "request");
  });
  next();
});

// The middleware takes the auth token from TWILIO_AUTH_TOKEN.
const signed = twilio.webhook({ protocol: publicUrl.protocol.slice(0, -1), host: publicUrl.host });
const form = express.urlencoded({ extended: false, limit: "64kb" });

function authenticated(request, response, next) {
  const shown = digest((request.headers.authorization ?? "").replace(/^Bearer /, ""));
  const isOurs = keys.filter((key) => timingSafeEqual(key, shown)).length > 0;
  if (!isOurs) return response.sendStatus(401);
  return next();
}

app.post("/api/twilio/token", authenticated, express.json({ limit: "64kb" }), (request, response) => {
  const { identity } = request.body;
  if (typeof identity !== "string" || !/^agent[0-9]+$/.test(identity)) return response.sendStatus(400);
  if (!tokensOfAddress.take(request.ip) || !tokensOfAgent.take(identity)) return response.sendStatus(429);
  const grant = new AccessToken.VoiceGrant({
    outgoingApplicationSid: env.TWILIO_APP_SID,
    incomingAllow: true,
  });
  const token = new AccessToken(env.TWILIO_ACCOUNT_SID, env.TWILIO_API_KEY, env.TWILIO_API_SECRET, {
    identity,
    ttl: 3600,
  });
  token.addGrant(grant);
  return response.json({
    token: token.toJwt(),
    identity,
    phoneNumber: env.TWILIO_PHONE_NUMBER,
    ttl: 3600,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
    success: true,
  });
});

app.post("/twilio/voice", form, signed, (request, response) => {
  const number = judged(request.body.To);
  if (!callLimits.every((limit) => limit.take(request.body.From) && limit.take(""))) {
    return response.sendStatus(429);
  }
  // As the bridge does: kept without delaying the answer.
  store("voice", request.originalUrl, request.body).catch((error) => log.error(error, "not stored"));
  const twiml = new twilio.twiml.VoiceResponse();
  const dial = twiml.dial({
    callerId: env.TWILIO_PHONE_NUMBER,
    answerOnBridge: true,
    timeout: 30,
    action: `${publicUrl.origin}/twilio/dial`,
  });
  dial.number({
    statusCallback: `${publicUrl.origin}/twilio/status`,
    statusCallbackEvent: "initiated ringing answered completed",
  }, number);
  return response.type("text/xml").send(twiml.toString());
});

app.post("/twilio/status", form, signed, async (request, response) => {
  await store("status", request.originalUrl, request.body);
  response.sendStatus(204);
});

const server = app.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
