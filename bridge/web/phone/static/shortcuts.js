/**
 * Keys for what is done at the phone. Neither browsers nor screen readers use Control+Shift with a digit, and no
 * layout types a character with it; 0 is not among them, by which Windows changes its input language. What has one says
 * so in `aria-keyshortcuts`; that is also how it is found.
 */

export const SHORTCUTS = /** @type {const} */ ({
  answer: 1,
  decline: 2,
  "hang-up": 3,
  mute: 4,
  keys: 5,
  number: 6,
  note: 7,
  transfer: 8,
  hold: 9,
});

/** @typedef {keyof typeof SHORTCUTS} Act */

/** @param {Act} act */
const keys = (act) => `Control+Shift+${SHORTCUTS[act]}`;

/**
 * The attributes of what an act does.
 *
 * @param {Act} act
 * @param {boolean} [has] whether it is this one, of several
 */
export const shortcut = (act, has = true) => (has ? { "aria-keyshortcuts": keys(act), "data-key": SHORTCUTS[act] } : {});

/**
 * @param {Pick<KeyboardEvent, "code" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey" | "repeat">} event
 * @returns {Act | undefined}
 */
export function actOf({ code, ctrlKey, shiftKey, altKey, metaKey, repeat }) {
  if (!ctrlKey || !shiftKey || altKey || metaKey || repeat) return undefined;
  // The code, not the character: on a French keyboard the digits are typed with Shift.
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  return /** @type {Act[]} */ (Object.keys(SHORTCUTS)).find((act) => String(SHORTCUTS[act]) === digit);
}

/** Presses the button, or goes to the field, that an act belongs to; what cannot be done now is not there. */
export function listen() {
  addEventListener("keydown", (event) => {
    hold(event.ctrlKey && event.shiftKey);
    const act = actOf(event);
    if (!act) return;
    event.preventDefault();
    const found = /** @type {HTMLElement | null} */ (document.querySelector(`[aria-keyshortcuts="${keys(act)}"]`));
    found?.focus();
    if (found instanceof HTMLButtonElement) found.click();
  });
  addEventListener("keyup", (event) => hold(event.ctrlKey && event.shiftKey));
  addEventListener("blur", () => hold(false));
}

/** @param {boolean} held The keys are shown beside what they do while Control and Shift are held. */
const hold = (held) => document.body.classList.toggle("held", held);
