/** For those whom neither Twenty's session nor a key signs in. */

import { html } from "../html.js";
import { signInByKey, signInByLink } from "../session.js";
import { line } from "../store.js";
import { useState } from "../vendor/hooks.js";
import { takeLink } from "../credentials.js";
import { explained, say } from "../words/say.js";

let secret = takeLink();

export function SignIn() {
  const [by, signInBy] = useState(secret ? "link" : "key");
  return html`
    <section class="card" aria-label=${say("sign-in")}>
      ${line.value.why && html`<p class="refusal" role="alert">${line.value.why}</p>`}
      ${by === "link" ? html`<${ByLink} otherwise=${() => signInBy("key")} />` : html`<${ByKey} />`}
    </section>
  `;
}

/** @param {(device: boolean) => Promise<unknown>} signIn */
function useSignIn(signIn) {
  const [problem, tell] = useState("");
  const [device, onDevice] = useState(false);
  const [busy, work] = useState(false);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    tell("");
    work(true);
    try {
      await signIn(device);
    } catch (error) {
      tell(explained(error));
    }
    work(false);
  };
  const keep = html`
    <label class="check">
      <input type="checkbox" checked=${device} onChange=${(/** @type {any} */ { target }) => onDevice(target.checked)} />
      ${say("sign-in.stay")}
    </label>
    ${problem && html`<p class="refusal" role="alert">${problem}</p>`}
    <button class="good wide" disabled=${busy}>${say(busy ? "checking" : "sign-in")}</button>
  `;
  return { submit, keep };
}

/** @param {{otherwise: () => void}} props */
function ByLink({ otherwise }) {
  const { submit, keep } = useSignIn(async (device) => {
    await signInByLink(secret ?? "", device);
    secret = null;
  });
  return html`
    <form onSubmit=${submit}>
      <p>${say("sign-in.link")}</p>
      ${keep}
      <button type="button" class="link" onClick=${otherwise}>${say("sign-in.use-key")}</button>
    </form>
  `;
}

function ByKey() {
  const [key, type] = useState("");
  const [identity, name] = useState("");
  const { submit, keep } = useSignIn((device) => signInByKey(key.trim(), { device, identity: identity.trim() }));
  return html`
    <form onSubmit=${submit}>
      <p>${say("sign-in.how")}</p>
      <label for="key">${say("sign-in.key")}</label>
      <input id="key" type="password" autocomplete="off" required value=${key}
        onInput=${(/** @type {any} */ { target }) => type(target.value)} />
      <label for="identity">${say("sign-in.agent")}</label>
      <input id="identity" autocomplete="off" value=${identity}
        onInput=${(/** @type {any} */ { target }) => name(target.value)} />
      ${keep}
    </form>
  `;
}
