import { defineFrontComponent } from 'twenty-sdk/define';

import { CALL_COMPANY } from 'src/identifiers';
import { PhoneLink } from 'src/phone-link';

const CallCompany = () => <PhoneLink asks="company" />;

export default defineFrontComponent({
  universalIdentifier: CALL_COMPANY.component,
  name: 'call-company',
  description: 'Opens the phone with the people of a company.',
  component: CallCompany,
});
