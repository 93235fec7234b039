/** As whom the page asks: by a key that it keeps, as a user of Twenty, or by the session's cookie. */

const KEY = "twenty-bridge.key";
const IDENTITY = "twenty-bridge.identity";

/** @returns {string | null} The access token of the user who is logged in to Twenty on this origin. */
function twentyToken() {
  try {
    const pair = JSON.parse(localStorage.getItem("tokenPairState") ?? "null");
    return pair?.accessOrWorkspaceAgnosticToken?.token ?? null;
  } catch {
    return null;
  }
}

/** @param {string} name */
const stored = (name) => sessionStorage.getItem(name) ?? localStorage.getItem(name);

/** For each request anew: Twenty renews its own tokens each half hour. */
export const credentials = () => ({ bearer: stored(KEY) ?? twentyToken(), identity: stored(IDENTITY) });

export const hasKey = () => stored(KEY) !== null;

/**
 * @param {string} key
 * @param {{device: boolean, identity?: string}} how for the device, or for the tab alone
 */
export function keep(key, { device, identity }) {
  forget();
  const storage = device ? localStorage : sessionStorage;
  storage.setItem(KEY, key);
  if (identity) storage.setItem(IDENTITY, identity);
}

export function forget() {
  for (const storage of [sessionStorage, localStorage]) {
    storage.removeItem(KEY);
    storage.removeItem(IDENTITY);
  }
}

/** Takes the secret of a one-time link out of the address, so that it stays in no history. */
export function takeLink() {
  const secret = new URLSearchParams(location.hash.slice(1)).get("sign-in");
  if (secret) history.replaceState(null, "", location.pathname + location.search);
  return secret;
}
