import { defineSettingsMenuItem } from 'twenty-sdk/define';

import { STATUS } from 'src/identifiers';

export default defineSettingsMenuItem({
  universalIdentifier: STATUS.menuItem,
  frontComponentUniversalIdentifier: STATUS.component,
  title: 'Phone',
  icon: 'IconPhone',
  position: 0,
});
