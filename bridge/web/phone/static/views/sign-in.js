/** For those whom neither Twenty's session nor a key signs in. */

import { html } from "../html.js";
import { signInByKey, signInByLink } from "../session.js";
import { line } from "../store.js";
import { useState } from "../vendor/hooks.js";
import { takeLink } from "../credentials.js";

const secret = takeLink();

export function SignIn() {
  const [by, signInBy] = useState(secret ? "link" : "key");
  return html`
    <section class="card" aria-label="Sign in">
      ${line.value.why && html`<p class="refusal" role="alert">${line.value.why}</p>`}
      ${by === "link" ? html`<${ByLink} otherwise=${() => signInBy("key")} />` : html`<${ByKey} />`}
    </section>
  `;
}

/** @param {(device: boolean) => Promise<unknown>} signIn */
function useSignIn(signIn) {
  const [problem, say] = useState("");
  const [device, onDevice] = useState(false);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    say("");
    try {
      await signIn(device);
    } catch (error) {
      say(/** @type {Error} */ (error).message);
    }
  };
  const keep = html`
    <label class="check">
      <input type="checkbox" checked=${device} onChange=${(/** @type {any} */ { target }) => onDevice(target.checked)} />
      Stay signed in on this device
    </label>
    ${problem && html`<p class="refusal" role="alert">${problem}</p>`}
  `;
  return { submit, keep };
}

/** @param {{otherwise: () => void}} props */
function ByLink({ otherwise }) {
  const { submit, keep } = useSignIn((device) => signInByLink(secret ?? "", device));
  return html`
    <form onSubmit=${submit}>
      <p>Your link works once. It makes this browser your phone.</p>
      ${keep}
      <button class="good wide">Sign in</button>
      <button type="button" class="link" onClick=${otherwise}>Use a key</button>
    </form>
  `;
}

function ByKey() {
  const [key, type] = useState("");
  const [identity, name] = useState("");
  const { submit, keep } = useSignIn((device) => signInByKey(key.trim(), { device, identity: identity.trim() }));
  return html`
    <form onSubmit=${submit}>
      <p>Open the link that you were sent, log in to Twenty, or give your key.</p>
      <label for="key">Key</label>
      <input id="key" type="password" autocomplete="off" required value=${key}
        onInput=${(/** @type {any} */ { target }) => type(target.value)} />
      <label for="identity">Agent (for a key of several)</label>
      <input id="identity" autocomplete="off" value=${identity}
        onInput=${(/** @type {any} */ { target }) => name(target.value)} />
      ${keep}
      <button class="good wide">Sign in</button>
    </form>
  `;
}
