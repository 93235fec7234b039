/**
 * What the page's address asks for, after its `?` or its `#`: a number, also as a `tel:` link of Twenty, or a record.
 *
 * @typedef {object} Request ids are those of Twenty's records
 * @property {string} number
 * @property {string} person whose numbers are to choose from
 * @property {string} company whose people are to choose from
 * @property {string} call whose other party is to be called
 */

const NAMES = ["to", "person", "company", "call"];

const LINK = /^(?:web\+)?(?:tel|callto):(?:\/\/)?/i;
const EXTENSION = /;ext=([\d*#]+)/i;

/**
 * @param {string} text a number, or a link to one. https://www.rfc-editor.org/rfc/rfc3966
 * @returns {string}
 */
export function numberOf(text) {
  const plain = text.trim();
  if (!LINK.test(plain)) return plain;
  const [number] = decoded(plain.replace(LINK, "")).split(/[;?]/);
  const extension = EXTENSION.exec(plain)?.[1];
  return (extension ? `${number} x${extension}` : (number ?? "")).trim();
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * A change of what follows the `#` leaves the page where it is: so a window with a phone takes further requests.
 *
 * @param {{search: string, hash: string}} address
 * @returns {Request | null}
 */
export function requestIn({ search, hash }) {
  const asks = (/** @type {URLSearchParams} */ given) => NAMES.some((name) => given.get(name));
  const given = [new URLSearchParams(hash.slice(1)), new URLSearchParams(search)].find(asks);
  if (!given) return null;
  const [to = "", person = "", company = "", call = ""] = NAMES.map((name) => given.get(name) ?? "");
  // A plus that was not encoded reads as a blank.
  return { number: numberOf(to.replace(/^(tel:)? (?=\d)/i, "$1+")), person, company, call };
}

/** Asks the browser to open `tel:` links with this page. */
export const takePhoneLinks = () => navigator.registerProtocolHandler("tel", `${location.origin}${location.pathname}?to=%s`);
