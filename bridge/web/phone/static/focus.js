/**
 * Keeps the keyboard at work: where what had the focus is gone, a call that was answered or ended, the next best thing
 * gets it. Without that, browsers and screen readers start again at the top of the page.
 */

/**
 * A note that was typed when its call ended stands elsewhere now: one types on.
 *
 * @param {HTMLInputElement} before
 * @param {HTMLElement} field
 */
function goOn({ selectionStart, selectionEnd }, field) {
  field.focus();
  if (field instanceof HTMLTextAreaElement) field.setSelectionRange(selectionStart, selectionEnd);
}

const BEST = [".current", ".incoming", ".over", "#number"];

export function keepFocus() {
  /** @type {Element | null} */
  let last = null;
  addEventListener("focusin", ({ target }) => (last = /** @type {Element} */ (target)));
  new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    const again = last.id && document.getElementById(last.id);
    if (again) goOn(/** @type {HTMLInputElement} */ (last), again);
    else /** @type {HTMLElement | null | undefined} */ (BEST.map((one) => document.querySelector(one)).find(Boolean))?.focus();
  }).observe(document.body, { childList: true, subtree: true });
}
