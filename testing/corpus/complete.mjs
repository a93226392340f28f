// Spellings of complete numbers. Each function takes a number (number.mjs), the regions the desk knows and a random
// generator, and returns the text, or null where the number has no such spelling.

import { digitsOf, exitCode } from './number.mjs';

const parted = (text, by) => text.replace(/[^\d+]+/g, by);
const compact = (number) => number.code + digitsOf(number.rest);
const spaced = (number) => `${number.code} ${number.rest}`;
const scripted = (text, zero) => text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));
const either = (number, rng) => (rng.part() < 0.5 ? number.international : number.national);
const groups = (text) => text.match(/\d+/g);

/** "(020) 7946 0018", "+44 (20) 7946 0018": brackets around the first group. */
const bracketed = (text) => (text.includes('(') ? text : text.replace(/\d+/, '($&)'));

const KEYS = ['', '', 'ABC', 'DEF', 'GHI', 'JKL', 'MNO', 'PQRS', 'TUV', 'WXYZ'];
/** Replaces the last group by keypad letters, where all its digits have letters. */
function lettered(text, rng) {
  const last = groups(text).at(-1);
  if (last.length < 4 || /[01]/.test(last)) return null;
  const word = [...last].map((digit) => rng.one([...KEYS[digit]])).join('');
  return text.slice(0, text.lastIndexOf(last)) + word;
}

const BEFORE = ['Mobile: ', 'Tel.: ', 'Phone ', 'M: ', 'Cell - ', 'WhatsApp: ', 'Handy: ', 'Tél : ', 'Ana: ', 'ph# ', '📱 '];
const BEHIND = [' (work)', ' - home', ' mobile', ' Ana Lima', ' (WhatsApp)', ', Zoe'];

export const COMPLETE = {
  'E.164': (n) => n.e164,
  international: (n) => n.international,
  'international, dots': (n) => parted(n.international, '.'),
  'international, dashes': (n) => parted(n.international, '-'),
  'international, en dashes': (n) => parted(n.international, '–'),
  'international, slashes': (n) => parted(n.international, '/'),
  'international, one space': (n) => `+${n.code} ${digitsOf(n.rest)}`,
  'international, brackets': (n) => `+${n.code} ${bracketed(n.rest)}`,
  'international, code in brackets': (n) => `(+${n.code}) ${n.rest}`,
  'international, plus apart': (n) => `+ ${spaced(n)}`,
  '00': (n) => `00${compact(n)}`,
  '00, spaces': (n) => `00 ${spaced(n)}`,
  'exit code': (n, [first]) => (exitCode(n, first) ? exitCode(n, first).replace(/\D/g, '') + compact(n) : null),
  'exit code, spaces': (n, [first]) => (exitCode(n, first) ? `${exitCode(n, first)} ${spaced(n)}` : null),
  '(0)': (n) => (n.trunk ? `+${n.code} (${n.trunk})${n.rest}` : null),
  '(0), spaces': (n) => (n.trunk ? `+${n.code} (${n.trunk}) ${n.rest}` : null),
  'no plus': (n) => compact(n),
  'no plus, spaces': (n) => spaced(n),
  'no plus, dashes': (n) => parted(spaced(n), '-'),
  national: (n) => n.national,
  'national, digits': (n) => digitsOf(n.national),
  'national, dots': (n) => groups(n.national).join('.'),
  'national, dashes': (n) => groups(n.national).join('-'),
  'national, spaces': (n) => groups(n.national).join(' '),
  'national, one slash': (n) => digitsOf(n.national).replace(groups(n.national)[0], '$&/'),
  'national, brackets': (n) => bracketed(n.national),
  'national, other groups': (n, _regions, rng) =>
    digitsOf(n.national).replace(rng.part() < 0.5 ? /\d\d(?=\d)/g : /\d{3}(?=\d)/g, '$& '),
  'full-width': (n) => scripted(n.international, 0xff10).replace('+', '＋'),
  'full-width, national': (n) => scripted(n.national, 0xff10).replaceAll('-', '－').replaceAll(' ', '　'),
  'Arabic-Indic': (n, _regions, rng) => scripted(either(n, rng), 0x660),
  'Arabic-Indic, Persian': (n, _regions, rng) => scripted(either(n, rng), 0x6f0),
  Devanagari: (n, _regions, rng) => scripted(either(n, rng), 0x966),
  'no-break spaces': (n, _regions, rng) => either(n, rng).replaceAll(' ', '\u00a0'),
  'narrow no-break spaces': (n, _regions, rng) => either(n, rng).replaceAll(' ', '\u202f'),
  'no-break hyphens': (n) => parted(n.international, '\u2011'),
  'zero-width': (n, _regions, rng) => either(n, rng).replaceAll(' ', '\u200b \u200b'),
  'zero-width, within groups': (n, _regions, rng) => either(n, rng).replace(/\d\d/g, '$&\u200d'),
  'bidi, as Windows copies': (n) => `\u202a${n.international}\u202c`,
  'bidi, isolated': (n, _regions, rng) => `\u2068${either(n, rng)}\u2069\u200e`,
  'soft hyphens and BOM': (n) => `\ufeff${parted(n.international, '\u00ad ')}`,
  'tel:': (n) => `tel:${n.e164}`,
  'tel: RFC 3966': (n) => n.rfc,
  'tel: RFC 3966 ;ext': (n, _regions, rng) => `${n.rfc};ext=${rng.between(1, 9999)}`,
  'tel: escaped': (n) => `tel:${encodeURIComponent(n.international)}`,
  'tel: phone-context': (n) => `tel:${parted(n.rest, '-')};phone-context=+${n.code}`,
  'sms:': (n, _regions, rng) => `sms:${n.e164}${rng.one(['', '?body=Hi', '?body=See%20you%20at%205', ';?&body=2%20ok'])}`,
  'whatsapp:': (n) => `whatsapp:${n.e164}`,
  'whatsapp://send': (n, _regions, rng) => `whatsapp://send?phone=${rng.one(['', '+', '%2B'])}${compact(n)}`,
  'wa.me': (n, _regions, rng) => `${rng.one(['https://', 'http://', ''])}wa.me/${compact(n)}`,
  'wa.me with text': (n) => `https://wa.me/${compact(n)}?text=Order%2020%20of%203`,
  'api.whatsapp.com': (n, _regions, rng) =>
    `https://api.whatsapp.com/send${rng.one(['', '/'])}?${rng.one(['', 'text=20%20days&', 'l=en&'])}phone=${rng.one(['', '%2B'])}${compact(n)}&text=Hi`,
  'WhatsApp id': (n) => `${compact(n)}@s.whatsapp.net`,
  'WhatsApp id, @c.us': (n) => `${compact(n)}@c.us`,
  'WhatsApp id, device': (n, _regions, rng) => `${compact(n)}:${rng.between(1, 40)}@s.whatsapp.net`,
  // WhatsApp still inserts a 1 into Mexican numbers, which the numbering plan dropped in 2019.
  'WhatsApp id, Mexico': (n) => (n.region === 'MX' ? `521${digitsOf(n.rest)}@s.whatsapp.net` : null),
  'label before': (n, _regions, rng) => rng.one(BEFORE) + either(n, rng),
  'label before, E.164': (n, _regions, rng) => rng.one(BEFORE) + n.e164,
  'label behind': (n, _regions, rng) => either(n, rng) + rng.one(BEHIND),
  'label with a digit': (n, _regions, rng) =>
    rng.one(['Tel 2: ', 'Phone 1: ', 'Mobile (2): ', '2nd phone: ', '1) ', '#3: ']) + either(n, rng),
  'in a sentence': (n, _regions, rng) =>
    rng.one(['call X after 5', 'reach me at X.', 'Ring X before 9:30 please', 'her number is X, ask for Ana']).replace('X', n.international),
  'ext.': (n, _regions, rng) => `${either(n, rng)} ext. ${rng.between(1, 999)}`,
  x123: (n, _regions, rng) => `${either(n, rng)} x${rng.between(10, 999)}`,
  '#123': (n, _regions, rng) => `${either(n, rng)} #${rng.between(10, 9999)}`,
  'label and ext.': (n, _regions, rng) => `Mobile: ${either(n, rng)} ext. ${rng.between(1, 99)}`,
  'vanity, national': (n, _regions, rng) => lettered(n.national, rng),
  'vanity, international': (n, _regions, rng) => lettered(n.international, rng),
  'quoted by a sheet': (n, _regions, rng) => rng.one(["'X", '="X"', '"X"', '<X>']).replace('X', rng.one([n.e164, n.national])),
  'blanks around': (n, _regions, rng) => `\t ${either(n, rng)} \r\n`,
  vCard: (n, _regions, rng) => `TEL;TYPE=${rng.one(['CELL', 'WORK,VOICE'])}:${n.international}`,
};
