import { defineFrontComponent } from 'twenty-sdk/define';

import { CALL_PERSON } from 'src/identifiers';
import { PhoneLink } from 'src/phone-link';

const CallPerson = () => <PhoneLink asks="person" />;

export default defineFrontComponent({
  universalIdentifier: CALL_PERSON.component,
  name: 'call-person',
  description: 'Opens the phone with the numbers of a person.',
  component: CallPerson,
});
