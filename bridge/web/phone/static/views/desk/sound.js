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
  const audio = useRef(/** @type {HTMLAudioElement | null} */ (null));
  const play = (/** @type {number} */ wanted) => {
    choose(wanted);
    if (audio.current) [audio.current.playbackRate, audio.current.defaultPlaybackRate] = [wanted, wanted];
  };
  return html`
    <div class="sound">
      <audio ref=${audio} controls preload="none" src=${here(url)} aria-label=${label} />
      <select aria-label=${say("speed")} value=${speed} onChange=${(/** @type {any} */ { target }) => play(Number(target.value))}>
        ${SPEEDS.map((one) => html`<option key=${one} value=${one}>${one}×</option>`)}
      </select>
    </div>
  `;
}
