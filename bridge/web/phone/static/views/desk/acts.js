/** Acts on a call of more than two ends, one at a time. */

import { bridge } from "../../connection.js";
import { html } from "../../html.js";
import { useState } from "../../vendor/hooks.js";
import { explained } from "../../words/say.js";

/** @typedef {(act: string, body?: object, method?: "POST" | "DELETE") => Promise<boolean>} Do */

/** @param {string} sid */
export function useActs(sid) {
  const [problem, tell] = useState("");
  const [busy, work] = useState(false);
  /** @type {Do} */
  const act = async (name, body, method) => {
    tell("");
    work(true);
    const done = await bridge.ends(sid, name, body, method).then(
      () => true,
      (error) => (tell(explained(error)), false),
    );
    work(false);
    return done;
  };
  return { act, busy, refusal: problem && html`<p class="refusal" role="alert">${problem}</p>` };
}
