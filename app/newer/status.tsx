import { defineFrontComponent } from 'twenty-sdk/define';
import { getApplicationVariable, useLocale } from 'twenty-sdk/front-component';
import { useState } from 'react';

import { STATUS } from 'src/identifiers';
import { say } from 'src/words';

type Heard = 'asking' | 'answers' | 'silent';

/**
 * The page of a component has no origin, and the bridge lets no such page read its answers. So it shows a picture
 * of the phone: that loads where the bridge answers, and not from a proxy without it. More stands on /status.
 */
const Status = () => {
  const words = say(useLocale());
  const phone = getApplicationVariable('PHONE_ADDRESS');
  const [heard, hear] = useState<Heard>('asking');
  if (!phone) return <p>{words.noAddress}</p>;
  return (
    <div style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
      <span>
        {words.address}: {phone}
      </span>
      <img src={`${phone}/icons/192.png`} width={48} height={48} alt="" onLoad={() => hear('answers')} onError={() => hear('silent')} />
      <span>{words[heard]}</span>
    </div>
  );
};

export default defineFrontComponent({
  universalIdentifier: STATUS.component,
  name: 'status',
  description: 'Says where the bridge is, and whether it answers.',
  component: Status,
});
