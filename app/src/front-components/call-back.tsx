import { defineFrontComponent } from 'twenty-sdk/define';

import { CALL_BACK } from 'src/identifiers';
import { PhoneLink } from 'src/phone-link';

const CallBack = () => <PhoneLink asks="call" />;

export default defineFrontComponent({
  universalIdentifier: CALL_BACK.component,
  name: 'call-back',
  description: 'Opens the phone with the number of the other party of a call.',
  component: CallBack,
});
