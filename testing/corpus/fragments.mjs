// Parts of numbers as people give them: at least four digits each. Same signature as in complete.mjs.

import { digitsOf } from './number.mjs';

const LEAST = 4;

const end = (number, size) => digitsOf(number.national).slice(-size);
const proper = (number) => digitsOf(number.rest);
const groups = (text) => text.match(/\d+/g);

/** The end of `text` that holds so many digits, from the first of them on; null when it has no more than that. */
function written(text, size) {
  let start = text.length;
  for (let left = size; left > 0; start -= 1) {
    if (start === 0) return null;
    if (/\d/.test(text[start - 1])) left -= 1;
  }
  return start > 0 ? text.slice(start) : null;
}

/** The beginning of `text` up to so many digits, with the punctuation before the first of them. */
function beginning(text, size) {
  let stop = 0;
  for (let left = size; left > 0; stop += 1) {
    if (stop === text.length) return null;
    if (/\d/.test(text[stop])) left -= 1;
  }
  return digitsOf(text).length > size ? text.slice(0, stop) : null;
}

/** Two groups next to each other with what stands between them; not the whole number. */
function neighbours(number, _regions, chance) {
  const pairs = [...number.national.matchAll(/(?=\b(\d+\D+\d+)\b)/g)].map((match) => match[1]);
  const fit = pairs.filter((pair) => digitsOf(pair).length >= LEAST && digitsOf(pair).length < proper(number).length);
  return fit.length ? chance.one(fit) : null;
}

/** A whole group that is neither the first nor the last. */
function middle(number, _regions, chance) {
  const fit = groups(number.national).slice(1, -1).filter((group) => group.length >= LEAST);
  return fit.length ? chance.one(fit) : null;
}

/** Any piece of the national spelling, punctuation included, as someone marks it with the mouse. */
function marked(number, _regions, chance) {
  const digits = digitsOf(number.national).length;
  const size = chance.between(LEAST, digits - 2);
  const tail = written(number.national, digits - chance.between(1, digits - size - 1));
  return beginning(tail, size) ?? tail;
}

const scripted = (text, zero) => text.replace(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)));

export const FRAGMENTS = {
  'last four': (n) => end(n, 4),
  'last six': (n) => end(n, 6),
  'last seven': (n) => end(n, 7),
  'last four, as written': (n) => written(n.national, 4),
  'last six, as written': (n) => written(n.national, 6),
  'last seven, as written': (n) => written(n.national, 7),
  'last six, a dash': (n) => written(n.national, 6)?.replace(/\D+/g, '-'),
  'last seven, dots': (n) => written(n.national, 7)?.replace(/\D+/g, '.'),
  'last four, in words': (n, _regions, chance) => chance.one(['ends in X', 'ending X', '...X', '…X', '***X', '•••• X', 'xxx-X', '#X']).replace('X', end(n, 4)),
  'last four, other scripts': (n, _regions, chance) => scripted(end(n, 4), chance.one([0xff10, 0x660, 0x6f0, 0x966])),
  'last six, as written, other scripts': (n, _regions, chance) =>
    scripted(written(n.national, 6), chance.one([0xff10, 0x660, 0x6f0, 0x966])),
  'last seven, no-break': (n) => written(n.national, 7)?.replaceAll(' ', '\u00a0').replaceAll('-', '\u2011'),
  'first six with trunk': (n) => (n.trunk ? digitsOf(n.national).slice(0, 6) : null),
  'first six without trunk': (n) => proper(n).slice(0, 6),
  'first six, as written': (n) => beginning(n.national, 6),
  'first seven, as written': (n) => beginning(n.national, 7),
  'after the code': (n, _regions, chance) => beginning(n.international, n.code.length + chance.between(LEAST, 6)),
  'after the code, digits': (n, _regions, chance) => `+${n.code}${proper(n).slice(0, chance.between(LEAST, 6))}`,
  'a middle group': middle,
  'two neighbouring groups': (n, _regions, chance) => digitsOf(neighbours(n, _regions, chance) ?? '') || null,
  'two neighbouring groups, as written': neighbours,
  'two neighbouring groups, a space': (n, _regions, chance) => neighbours(n, _regions, chance)?.replace(/\D+/, ' '),
  'two neighbouring groups, a dash': (n, _regions, chance) => neighbours(n, _regions, chance)?.replace(/\D+/, '-'),
  'marked with the mouse': marked,
};
for (const [how, spell] of Object.entries(FRAGMENTS)) {
  FRAGMENTS[how] = (...given) => {
    const text = spell(...given) ?? null;
    return text !== null && text.replace(/\P{Nd}/gu, '').length >= LEAST ? text : null;
  };
}
