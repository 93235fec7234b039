import { closeSidePanel, getApplicationVariable, useLocale, useSelectedRecordIds } from 'twenty-sdk/front-component';

import { addressOf, type Asked } from 'src/address';
import { say } from 'src/words';

/** One window for all: the browser gives it what follows the `#`, and the phone in it goes on. */
const WINDOW = 'twenty-phone';

const PANEL = { display: 'flex', flexDirection: 'column', gap: 12, padding: 16 } as const;
const BUTTON = {
  background: '#1a7f4b',
  borderRadius: 8,
  color: '#fff',
  fontSize: 15,
  fontWeight: 600,
  padding: '12px 16px',
  textAlign: 'center',
  textDecoration: 'none',
} as const;

/** Twenty lets no component open a window by itself: the user's click on this link does. */
export const PhoneLink = ({ asks }: { asks: Asked }) => {
  const words = say(useLocale());
  const [record, ...others] = useSelectedRecordIds();
  const phone = getApplicationVariable('PHONE_ADDRESS');
  if (!phone) return <p style={PANEL}>{words.noAddress}</p>;
  if (!record || others.length > 0) return <p style={PANEL}>{words.oneRecord}</p>;
  return (
    <div style={PANEL}>
      <a href={addressOf(phone, asks, record, Date.now())} target={WINDOW} style={BUTTON} onClick={() => void closeSidePanel()}>
        {words.open}
      </a>
      <span>{words[asks]}</span>
    </div>
  );
};
