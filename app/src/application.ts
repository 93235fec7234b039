import { defineApplication } from 'twenty-sdk/define';

import { ADDRESS_VARIABLE, APPLICATION, ROLE } from 'src/identifiers';

export default defineApplication({
  universalIdentifier: APPLICATION,
  defaultRoleUniversalIdentifier: ROLE,
  displayName: 'Phone',
  description: 'A Call button on people, companies and phone calls: it opens the telephone bridge’s phone.',
  logo: 'public/logo.png',
  galleryImages: ['public/logo.png'],
  applicationVariables: {
    PHONE_ADDRESS: {
      universalIdentifier: ADDRESS_VARIABLE,
      description: 'Where the phone is: the bridge’s public address with /phone. `twenty-bridge setup app` fills it in.',
      value: '',
    },
  },
});
