/** The language, the keys, and the way out: not in a call, which it would end. */

import { hasKey } from "../credentials.js";
import { html } from "../html.js";
import { signOut, unsaved } from "../session.js";
import { SHORTCUTS } from "../shortcuts.js";
import { current, me } from "../store.js";
import { useState } from "../vendor/hooks.js";
import { LANGUAGES, choose, language } from "../words/language.js";
import { counted, say } from "../words/say.js";

export function Footer() {
  const [shown, show] = useState(false);
  return html`
    <footer class="footer">
      <${Language} />
      ${me.value &&
      html`
        <button class="link" aria-expanded=${shown} aria-controls="shortcuts"
          onClick=${() => show(!shown)}>
          ${say("shortcuts")}
        </button>
        ${hasKey() && html`<button class="link" disabled=${Boolean(current.value)} onClick=${() => signOut()}>${say("sign-out")}</button>`}
        <${Unsaved} />
        <${Shortcuts} shown=${shown} />
      `}
    </footer>
  `;
}

/** Notes that the bridge does not have yet: the agent decides. */
function Unsaved() {
  if (unsaved.value === 0) return null;
  return html`
    <div class="banner unsaved" role="alert">
      <p>${counted("sign-out.unsaved", unsaved.value)}</p>
      <div class="row">
        <button onClick=${() => (unsaved.value = 0)}>${say("sign-out.stay")}</button>
        <button class="bad" onClick=${() => signOut(true)}>${say("sign-out.anyway")}</button>
      </div>
    </div>
  `;
}

function Language() {
  return html`
    <label class="language">
      <span>${say("language")}</span>
      <select value=${language.value} onChange=${(/** @type {any} */ { target }) => choose(target.value)}>
        ${Object.entries(LANGUAGES).map(([tag, name]) => html`<option key=${tag} value=${tag} lang=${tag}>${name}</option>`)}
      </select>
    </label>
  `;
}

/** @param {{shown: boolean}} props */
function Shortcuts({ shown }) {
  const acts = /** @type {import("../shortcuts.js").Act[]} */ (Object.keys(SHORTCUTS));
  return html`
    <dl id="shortcuts" class="shortcuts" hidden=${!shown}>
      ${acts.map(
        (act) => html`
          <div key=${act}>
            <dt>${say(`shortcut.${act}`)}</dt>
            <dd><kbd>${say("shortcut.of", { digit: SHORTCUTS[act] })}</kbd></dd>
          </div>
        `,
      )}
    </dl>
  `;
}
