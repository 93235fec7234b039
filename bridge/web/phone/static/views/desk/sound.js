/** A recording, at the speed that one likes. */

import { html } from "../../html.js";
import { useRef, useState } from "../../vendor/hooks.js";
import { say } from "../../words/say.js";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];

/** @param {string} url by the bridge's public address, as this page may be shown at another */
const here = (url) => new URL(url, location.href).pathname + new URL(url, location.href).search;

/** @param {{url: string, label: string}} props */
export function Sound({ url, label }) {
  const [speed, choose] = useState(1);
  const [failed, fail] = useState(false);
  const audio = useRef(/** @type {HTMLAudioElement | null} */ (null));
  const play = (/** @type {number} */ wanted) => {
    choose(wanted);
    if (audio.current) [audio.current.playbackRate, audio.current.defaultPlaybackRate] = [wanted, wanted];
  };
  const again = () => {
    fail(false);
    // A player that failed is disabled until it loads anew.
    audio.current?.load();
    audio.current?.play().catch(() => {});
  };
  return html`
    <div class="sound">
      <audio ref=${audio} controls preload="none" src=${here(url)} aria-label=${label} onError=${() => fail(true)} />
      <select aria-label=${say("speed")} value=${speed} onChange=${(/** @type {any} */ { target }) => play(Number(target.value))}>
        ${SPEEDS.map((one) => html`<option key=${one} value=${one}>${one}×</option>`)}
      </select>
      ${failed &&
      html`
        <p class="refusal" role="alert">${say("sound.failed")}</p>
        <button onClick=${again}>${say("list.again")}</button>
      `}
    </div>
  `;
}
