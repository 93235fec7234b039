/** People and companies that are found as one types, and the numbers of the person who is chosen. */

import { dial } from "../../agent.js";
import { choose, chosen, found, foundNothing, ofCompany, problem } from "../../desk/people.js";
import { html } from "../../html.js";
import { idle, me } from "../../store.js";
import { counted, say, worded } from "../../words/say.js";
import { Name } from "../party.js";

export function Found() {
  const { people, companies } = found.value;
  const count = people.length + companies.length;
  return html`
    <p class="unseen" role="status">${count > 0 && counted("search.count", count)}</p>
    <p class="quiet" role="status">${foundNothing.value && say("search.none")}</p>
    ${problem.value && html`<p class="refusal" role="alert">${problem.value()}</p>`}
    ${count > 0 &&
    html`
      <ul class="list found" aria-label=${say("search.found")}>
        ${people.map(
          ({ id, name, company }) => html`
            <li key=${id}>
              <button type="button" class="choice" data-person=${id} onClick=${() => choose(id)}>
                ${name}${company && html` <span class="quiet">${company}</span>`}
              </button>
            </li>
          `,
        )}
        ${companies.map(
          ({ id, name }) => html`
            <li key=${id}>
              <button type="button" class="choice" data-company=${id} onClick=${() => ofCompany(id)}>
                ${name} <span class="quiet">${say("search.company")}</span>
              </button>
            </li>
          `,
        )}
      </ul>
    `}
    ${chosen.value && html`<${Numbers} person=${chosen.value} />`}
  `;
}

/** @param {{person: import("../../desk/people.js").Chosen}} props */
function Numbers({ person }) {
  const { name, url, company, numbers } = person;
  return html`
    <div class="chosen" role="group" aria-label=${say("person.numbers", { name })}>
      <p class="name"><${Name} url=${url} name=${name} /></p>
      ${company && html`<p class="quiet">${company}</p>`}
      ${numbers.map(
        ({ number, readable, allowed, reason, why }) => html`
          <button type="button" key=${number} class="good" disabled=${!allowed || !idle.value} onClick=${() => dial(number, "")}>
            ${say("person.call", { number: readable })}
          </button>
          ${!allowed && html`<p class="refusal">${worded(`refused.${reason}`, why, me.value.language)}</p>`}
        `,
      )}
      ${numbers.length === 0 && html`<p class="quiet">${say("person.none")}</p>`}
    </div>
  `;
}
