/** The number that the page's address asks for, as `?to=` and as a `tel:` link of Twenty. */

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

/** @param {string} search of the address */
export const asked = (search) => numberOf(new URLSearchParams(search).get("to") ?? "");

/** @param {string} search of the address @returns {string} the person whose numbers are to choose from */
export const askedPerson = (search) => new URLSearchParams(search).get("person") ?? "";

/** Asks the browser to open `tel:` links with this page. */
export const takePhoneLinks = () => navigator.registerProtocolHandler("tel", `${location.origin}${location.pathname}?to=%s`);
