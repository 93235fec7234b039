// The SDK is loaded as a classic script, which leaves one global behind.
declare const Twilio: typeof import("@twilio/voice-sdk");
