/** Runs an application's component where its button is pressed, with what the original's worker gives it. */

for (const command of document.querySelectorAll(".command")) {
  command.querySelector("button").addEventListener("click", () => void open(command));
}

async function open(command) {
  const panel = command.querySelector(".panel");
  const { component, record, variables } = command.dataset;
  const { lang: locale } = document.documentElement;
  globalThis.process = { env: { applicationVariables: variables } };
  globalThis.__twentySdkExecutionContext__ = { selectedRecordIds: [record], recordId: record, locale };
  const container = document.createElement("div");
  globalThis.frontComponentHostCommunicationApi = { closeSidePanel: async () => container.remove() };
  panel.replaceChildren(container);
  const { default: render } = await import(component);
  render(container);
}
