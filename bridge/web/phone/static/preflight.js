/**
 * A short test call of the SDK, which measures the way to Twilio.
 * https://www.twilio.com/docs/voice/sdks/javascript/twiliopreflighttest
 */

/** What the SDK finds, the best first; the lower half needs something to be done. */
export const QUALITIES = /** @type {const} */ (["excellent", "great", "good", "fair", "degraded"]);

/** @typedef {{quality: (typeof QUALITIES)[number], roundTrip: number | null}} Found */

/**
 * @param {any} sdk the global Twilio
 * @param {string} token
 * @param {Record<string, unknown>} options of the Device
 * @returns {Promise<Found>} `roundTrip` in milliseconds
 */
export function preflight(sdk, token, options) {
  // The SDK would take its own sounds, and say nothing of what the call is.
  class TestDevice extends sdk.Device {
    /** @param {string} given @param {object} its */
    constructor(given, its) {
      super(given, { ...options, ...its, sounds: options.sounds, publishEvents: options.publishEvents });
      this.audio?.incoming(false);
    }

    /** @param {object} how */
    connect(how) {
      return super.connect({ ...how, params: { Preflight: "true" } });
    }
  }
  return new Promise((done, fail) => {
    const test = sdk.Device.runPreflight(token, { ...options, deviceFactory: TestDevice });
    test.on("completed", (/** @type {any} */ report) =>
      done({ quality: report.callQuality ?? "degraded", roundTrip: report.stats?.rtt?.average ?? null }),
    );
    test.on("failed", fail);
  });
}
