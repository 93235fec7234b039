import { STANDARD_OBJECT_UNIVERSAL_IDENTIFIERS, defineCommandMenuItem } from 'twenty-sdk/define';

import { CALL_COMPANY } from 'src/identifiers';

export default defineCommandMenuItem({
  universalIdentifier: CALL_COMPANY.command,
  label: 'Call this company',
  shortLabel: 'Call',
  isPinned: true,
  availabilityType: 'RECORD_SELECTION',
  availabilityObjectUniversalIdentifier: STANDARD_OBJECT_UNIVERSAL_IDENTIFIERS.company.universalIdentifier,
  frontComponentUniversalIdentifier: CALL_COMPANY.component,
});
