import { defineRole } from 'twenty-sdk/define';

import { ROLE } from 'src/identifiers';

export default defineRole({
  universalIdentifier: ROLE,
  label: 'Phone',
  description: 'Nothing: the button passes on which record is shown, and the bridge asks Twenty for the rest.',
  canReadAllObjectRecords: false,
  canUpdateAllObjectRecords: false,
  canSoftDeleteAllObjectRecords: false,
  canDestroyAllObjectRecords: false,
  canUpdateAllSettings: false,
});
