import { defineCommandMenuItem, objectMetadataItem } from 'twenty-sdk/define';

import { CALL_BACK } from 'src/identifiers';

/** Each workspace's `phoneCall` has a universal identifier of its own, so the name says which object it is. */
export default defineCommandMenuItem({
  universalIdentifier: CALL_BACK.command,
  label: 'Call the other party',
  shortLabel: 'Call',
  isPinned: true,
  availabilityType: 'RECORD_SELECTION',
  conditionalAvailabilityExpression: objectMetadataItem.nameSingular === 'phoneCall',
  frontComponentUniversalIdentifier: CALL_BACK.component,
});
