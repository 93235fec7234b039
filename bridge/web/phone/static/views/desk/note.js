/** Outcome and note of a call, saved as one types. */

import { draftOf, save, settle, type } from "../../desk/notes.js";
import { html } from "../../html.js";
import { shortcut } from "../../shortcuts.js";
import { me } from "../../store.js";
import { say } from "../../words/say.js";

/** @param {{name: string, main?: boolean}} props `main`: the one that the shortcut goes to, of several of one call */
export function Note({ name, main = false }) {
  const draft = draftOf(name);
  const keep = () => void save(name);
  const place = main ? "now" : "list";
  const id = `note-${place}-${name}`;
  return html`
    <div class="note">
      <label for="outcome-${place}-${name}">${say("note.outcome")}</label>
      <input
        id="outcome-${place}-${name}"
        list="outcomes-${place}-${name}"
        maxlength="100"
        autocomplete="off"
        value=${draft.text.outcome}
        onInput=${(/** @type {any} */ { target }) => type(name, { outcome: target.value })}
        onBlur=${keep}
      />
      <datalist id="outcomes-${place}-${name}">
        ${(me.value.outcomes ?? []).map((/** @type {string} */ one) => html`<option key=${one} value=${one} />`)}
      </datalist>
      <label for=${id}>${say("note")}</label>
      <textarea
        id=${id}
        rows="3"
        maxlength="10000"
        aria-describedby="${id}-state"
        ...${shortcut("note", main)}
        value=${draft.text.note}
        onInput=${(/** @type {any} */ { target }) => type(name, { note: target.value })}
        onBlur=${keep}
      />
      <p id="${id}-state" class="quiet saved" role="status" data-state=${draft.state}>${stateOf(draft)}</p>
      ${draft.theirs && html`<${Conflict} name=${name} theirs=${draft.theirs} />`}
    </div>
  `;
}

/** @param {import("../../state/note.js").Draft} draft */
export function stateOf({ state, version, why = "" }) {
  if (state === "refused") return say("note.refused", { why });
  if (state === "failed" || state === "conflict") return say(`note.${state}`);
  if (state === "kept") return version ? say("note.kept") : "";
  return say("note.saving");
}

/** @param {{name: string, theirs: import("../../state/note.js").Text}} props */
function Conflict({ name, theirs }) {
  return html`
    <blockquote>${theirs.outcome && html`<p>${theirs.outcome}</p>`}<p class="text">${theirs.note}</p></blockquote>
    <div class="row">
      <button type="button" onClick=${() => settle(name, "mine")}>${say("note.mine")}</button>
      <button type="button" onClick=${() => settle(name, "theirs")}>${say("note.theirs")}</button>
    </div>
  `;
}
