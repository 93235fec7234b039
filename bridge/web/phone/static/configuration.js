/** What the bridge says of itself in the page that it serves. */

/**
 * @typedef {object} Configuration
 * @property {string} root the bridge's URL, without a slash at its end
 * @property {string} signalling a sandbox's, ws:// or wss://; empty for Twilio's own
 * @property {string[]} edges Twilio's, the first that answers
 * @property {string} sounds the URL of the folder with sounds
 */

/** @returns {Configuration} */
export function configuration() {
  const { root = "", signalling = "", edges = "roaming" } = document.documentElement.dataset;
  return { root, signalling, edges: edges.split(" "), sounds: new URL("sounds", import.meta.url).href };
}
