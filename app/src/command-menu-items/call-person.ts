import { STANDARD_OBJECT_UNIVERSAL_IDENTIFIERS, defineCommandMenuItem } from 'twenty-sdk/define';

import { CALL_PERSON } from 'src/identifiers';

export default defineCommandMenuItem({
  universalIdentifier: CALL_PERSON.command,
  label: 'Call this person',
  shortLabel: 'Call',
  isPinned: true,
  availabilityType: 'RECORD_SELECTION',
  availabilityObjectUniversalIdentifier: STANDARD_OBJECT_UNIVERSAL_IDENTIFIERS.person.universalIdentifier,
  frontComponentUniversalIdentifier: CALL_PERSON.component,
});
