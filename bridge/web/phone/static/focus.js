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

const BEST = [".current", ".incoming:has(button)", ".over", "#number"];

/** What types is left to type. */
const TYPES = "textarea, input, select";

/** @param {string} selector */
const one = (selector) => /** @type {HTMLElement | null} */ (document.querySelector(selector));

/** @type {HTMLElement | null} */
let last = null;

/** Whether what had the focus was disabled: browsers take the focus from it. */
let waits = false;

/** In the lists browsers go on from where it was. */
let isListed = false;

/** @type {string | undefined} */
let call;

/** One that was placed from a list stands far above it, on a narrow screen out of sight: it gets the focus. */
function begins() {
  const current = one(".current");
  const began = current && current.dataset.call !== call && !document.activeElement?.matches(TYPES);
  call = current?.dataset.call;
  if (began) current.focus();
}

function findAgain() {
  const isDisabled = last?.matches(":disabled");
  waits ||= Boolean(isDisabled) && document.activeElement === last;
  if (!last || document.activeElement !== document.body) return;
  if (!last.isConnected) findNext(last);
  else if (waits && !isDisabled) last.focus();
}

/** @param {HTMLElement} gone */
function findNext(gone) {
  const again = gone.id && document.getElementById(gone.id);
  if (again) goOn(/** @type {HTMLInputElement} */ (gone), again);
  else if (!isListed) BEST.map(one).find(Boolean)?.focus();
}

export function keepFocus() {
  addEventListener("focusin", ({ target }) => {
    last = /** @type {HTMLElement} */ (target);
    [waits, isListed] = [false, Boolean(last.closest("#panel"))];
  });
  new MutationObserver(() => {
    begins();
    findAgain();
  }).observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
}
