/**
 * A short test call of the SDK, which measures the way to Twilio.
 * https://www.twilio.com/docs/voice/sdks/javascript/twiliopreflighttest
 */

/**
 * From which mean opinion score on a quality is reached, the best first. The SDK's own `callQuality` is `degraded` for
 * scores between its ranges, as 4.05.
 */
const QUALITIES = /** @type {const} */ ({ excellent: 4.2, great: 4.1, good: 3.7, fair: 3.1, degraded: 0 });

/** @typedef {{quality: keyof typeof QUALITIES}} Found */

/** @param {number | undefined} score unknown where nothing was heard */
export function qualityOf(score = 0) {
  const reached = Object.entries(QUALITIES).find(([, least]) => score >= least);
  return /** @type {Found["quality"]} */ (reached?.[0] ?? "degraded");
}

/**
 * @param {any} sdk the global Twilio
 * @param {string} token
 * @param {Record<string, unknown>} options of the Device
 * @returns {Promise<Found>}
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
    test.on("completed", (/** @type {any} */ report) => done({ quality: qualityOf(report.stats?.mos?.average) }));
    test.on("failed", fail);
  });
}
