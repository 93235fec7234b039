const ENGLISH = {
  open: 'Open in the phone',
  person: 'The phone shows this person’s numbers.',
  company: 'The phone shows this company’s people.',
  call: 'The phone shows the other party’s number.',
  oneRecord: 'Choose one record.',
  noAddress: 'The phone’s address is not set. Run “twenty-bridge setup app” again.',
  address: 'The phone',
  asking: 'Asking the bridge …',
  answers: 'The bridge answers.',
  silent: 'The bridge does not answer from here.',
};

const FRENCH: typeof ENGLISH = {
  open: 'Ouvrir dans le téléphone',
  person: 'Le téléphone affiche les numéros de cette personne.',
  company: 'Le téléphone affiche les personnes de cette entreprise.',
  call: 'Le téléphone affiche le numéro de l’autre personne.',
  oneRecord: 'Choisissez un seul enregistrement.',
  noAddress: 'L’adresse du téléphone manque. Relancez « twenty-bridge setup app ».',
  address: 'Le téléphone',
  asking: 'La passerelle est interrogée …',
  answers: 'La passerelle répond.',
  silent: 'La passerelle ne répond pas d’ici.',
};

export const say = (locale: string) => (locale.startsWith('fr') ? FRENCH : ENGLISH);
