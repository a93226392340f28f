// Spellings of number fragments, at least four digits each. Signatures as in complete.mjs.

import { digitsOf } from './number.mjs';

const LEAST = 4;

const end = (number, size) => digitsOf(number.national).slice(-size);
const proper = (number) => digitsOf(number.rest);
const groups = (text) => text.match(/\d+/g);

/** Suffix of `text` with `size` digits, starting at a digit; null when `text` has no more digits. */
function written(text, size) {
  let start = text.length;
  for (let left = size; left > 0; start -= 1) {
    if (start === 0) return null;
    if (/\d/.test(text[start - 1])) left -= 1;
  }
  return start > 0 ? text.slice(start) : null;
}

/** Prefix of `text` with `size` digits, leading punctuation included; null when `text` has no more digits. */
function beginning(text, size) {
  let stop = 0;
  for (let left = size; left > 0; stop += 1) {
    if (stop === text.length) return null;
    if (/\d/.test(text[stop])) left -= 1;
  }
  return digitsOf(text).length > size ? text.slice(0, stop) : null;
}

/** Two adjacent groups with their separator; not the whole number. */
function neighbours(number, _regions, rng) {
  const pairs = [...number.national.matchAll(/(?=\b(\d+\D+\d+)\b)/g)].map((match) => match[1]);
  const fit = pairs.filter((pair) => digitsOf(pair).length >= LEAST && digitsOf(pair).length < proper(number).length);
  return fit.length ? rng.one(fit) : null;
}

/** Complete group that is neither the first nor the last. */
function middle(number, _regions, rng) {
  const fit = groups(number.national).slice(1, -1).filter((group) => group.length >= LEAST);
  return fit.length ? rng.one(fit) : null;
}

/** Random substring of the national format, punctuation included, as selected with the mouse. */
function selected(number, _regions, rng) {
  const digits = digitsOf(number.national).length;
  const size = rng.between(LEAST, digits - 2);
  const tail = written(number.national, digits - rng.between(1, digits - size - 1));
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
  'last four, in words': (n, _regions, rng) => rng.one(['ends in X', 'ending X', '...X', '…X', '***X', '•••• X', 'xxx-X', '#X']).replace('X', end(n, 4)),
  'last four, other scripts': (n, _regions, rng) => scripted(end(n, 4), rng.one([0xff10, 0x660, 0x6f0, 0x966])),
  'last six, as written, other scripts': (n, _regions, rng) =>
    scripted(written(n.national, 6), rng.one([0xff10, 0x660, 0x6f0, 0x966])),
  'last seven, no-break': (n) => written(n.national, 7)?.replaceAll(' ', '\u00a0').replaceAll('-', '\u2011'),
  'first six with trunk': (n) => (n.trunk ? digitsOf(n.national).slice(0, 6) : null),
  'first six without trunk': (n) => proper(n).slice(0, 6),
  'first six, as written': (n) => beginning(n.national, 6),
  'first seven, as written': (n) => beginning(n.national, 7),
  'after the code': (n, _regions, rng) => beginning(n.international, n.code.length + rng.between(LEAST, 6)),
  'after the code, digits': (n, _regions, rng) => `+${n.code}${proper(n).slice(0, rng.between(LEAST, 6))}`,
  'a middle group': middle,
  'two neighbouring groups': (n, _regions, rng) => digitsOf(neighbours(n, _regions, rng) ?? '') || null,
  'two neighbouring groups, as written': neighbours,
  'two neighbouring groups, a space': (n, _regions, rng) => neighbours(n, _regions, rng)?.replace(/\D+/, ' '),
  'two neighbouring groups, a dash': (n, _regions, rng) => neighbours(n, _regions, rng)?.replace(/\D+/, '-'),
  'marked with the mouse': selected,
};
for (const [how, spell] of Object.entries(FRAGMENTS)) {
  FRAGMENTS[how] = (...args) => {
    const text = spell(...args) ?? null;
    return text !== null && text.replace(/\P{Nd}/gu, '').length >= LEAST ? text : null;
  };
}
