/** The bridge that served the page. */

import { Bridge } from "./bridge.js";
import { configuration } from "./configuration.js";
import { credentials } from "./credentials.js";

export const bridge = new Bridge(configuration().root, credentials);
