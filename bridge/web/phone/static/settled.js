/**
 * A press of the pointer on a button that came under it a moment ago was meant for what stood there before: a call
 * that comes in moves all that is below it, and so does one that ends. Such a press does nothing.
 */

const MOMENT = 400;

const MOVING = ".card button:not(.keypad button)";

/** @type {WeakMap<Element, {place: string, since: number}>} */
const places = new WeakMap();

function look() {
  for (const one of document.querySelectorAll(MOVING)) {
    const { x, y } = one.getBoundingClientRect();
    const place = [x + scrollX, y + scrollY].map(Math.round).join();
    if (places.get(one)?.place !== place) places.set(one, { place, since: Date.now() });
  }
}

/** @param {MouseEvent} event */
function isHasty({ detail, target }) {
  const button = /** @type {Element} */ (target).closest(MOVING);
  const since = button && places.get(button)?.since;
  // Keys press what has the focus, wherever that stands.
  return detail && since && Date.now() - since < MOMENT;
}

export function ignoreHastyPresses() {
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
  addEventListener(
    "click",
    (event) => {
      if (!isHasty(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
}
