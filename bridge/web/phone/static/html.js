/** Views are written with htm: no build stands between these files and the browser. */

import htm from "./vendor/htm.js";
import { h } from "./vendor/preact.js";

export const html = htm.bind(h);
