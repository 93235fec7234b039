import { defineTimelineActivityType } from 'twenty-sdk/define';

import { PHONE_CALL_TYPE } from 'src/identifiers';

/** Without `emit`: the bridge writes the rows. It finds the type by this identifier. */
export default defineTimelineActivityType({
  universalIdentifier: PHONE_CALL_TYPE,
  name: 'phoneCall',
  label: 'had a phone call',
  icon: 'IconPhone',
});
