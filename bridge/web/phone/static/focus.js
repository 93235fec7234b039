/**
 * Keeps the keyboard at work: where what had the focus is gone, a call that was answered or ended, the next best thing
 * gets it. Without that, browsers and screen readers start again at the top of the page.
 */

const BEST = [".current", ".incoming", ".over", "#number"];

export function keepFocus() {
  /** @type {Element | null} */
  let last = null;
  addEventListener("focusin", ({ target }) => (last = /** @type {Element} */ (target)));
  new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    last = null;
    /** @type {HTMLElement | null | undefined} */ (BEST.map((one) => document.querySelector(one)).find(Boolean))?.focus();
  }).observe(document.body, { childList: true, subtree: true });
}
