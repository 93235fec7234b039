/** What the phone shows first: a person's numbers, a company's people, or the other party of a call. */
export type Asked = 'person' | 'company' | 'call';

/** `at` makes each press another address, so that a window that stands there already takes it again. */
export const addressOf = (phone: string, asks: Asked, record: string, at: number) =>
  `${phone}#${asks}=${encodeURIComponent(record)}&at=${at}`;
