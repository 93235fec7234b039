/** Server-sent events, as text comes in. https://html.spec.whatwg.org/multipage/server-sent-events.html */

/** @typedef {{id: string, type: string, data: any}} StreamEvent */

/**
 * @param {string} text
 * @returns {{events: StreamEvent[], rest: string}} `rest` is the beginning of an event whose end has not come
 */
export function cut(text) {
  const blocks = text.split("\n\n");
  const rest = blocks.pop() ?? "";
  return { events: blocks.map(eventOf).filter((event) => event !== null), rest };
}

/**
 * @param {string} block
 * @returns {StreamEvent | null} null for a comment, which is a heartbeat
 */
function eventOf(block) {
  const fields = new Map(block.split("\n").map((line) => [line.split(":", 1)[0], line.slice(line.indexOf(":") + 1).trim()]));
  const data = fields.get("data");
  return data === undefined ? null : { id: fields.get("id") ?? "", type: fields.get("event") ?? "", data: JSON.parse(data) };
}
