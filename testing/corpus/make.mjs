// Corpus generator: numbers on stdin (numbers.py), corpus on stdout (README.md).
// Usage: node make.mjs < numbers.json > spellings.json

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { COMPLETE } from './complete.mjs';
import { FRAGMENTS } from './fragments.mjs';
import { SeededRandom, numberOf } from './number.mjs';

const EACH = { complete: 15, fragment: 120 }; // cases of each spelling, where enough numbers have it
const SIZES = [1, 3, 10]; // number of regions the desk knows
const TRIES = 800;

const { contacts, seed, numbers } = JSON.parse(readFileSync(0, 'utf8'));
const { version } = createRequire(import.meta.url)('google-libphonenumber/package.json');
const rng = new SeededRandom(seed);
const byRegion = grouped(numbers.map(numberOf));
const regions = [...byRegion.keys()].sort();

function grouped(list) {
  const found = new Map();
  for (const number of list) found.set(number.region, [...(found.get(number.region) ?? []), number]);
  return found;
}

/** The number's own region and others, in random order. */
function known(own, size) {
  const others = rng.shuffled(regions.filter((region) => region !== own)).slice(0, size - 1);
  return rng.shuffled([own, ...others]);
}

/** Cases of one spelling. Regions take turns, however many contacts each has. */
function* cases(kind, how, spell) {
  const seen = new Set();
  let order = [];
  for (let tries = 0; tries < TRIES && seen.size < EACH[kind]; tries += 1) {
    if (!order.length) order = rng.shuffled(regions);
    const own = order.pop();
    const number = rng.one(byRegion.get(own));
    const knows = known(own, SIZES[tries % SIZES.length]);
    const typed = spell(number, knows, rng);
    const key = JSON.stringify([number.e164, typed, knows.length]);
    if (typed === null || seen.has(key)) continue;
    seen.add(key);
    yield [number.e164, own, kind, how, typed, knows.join(' ')];
  }
}

const all = [];
for (const [how, spell] of Object.entries(COMPLETE)) all.push(...cases('complete', how, spell));
for (const [how, spell] of Object.entries(FRAGMENTS)) all.push(...cases('fragment', how, spell));
const head = { made_by: `google-libphonenumber ${version}`, contacts, seed };
process.stdout.write(`${JSON.stringify(head).slice(0, -1)}, "cases": [\n${all.map((one) => JSON.stringify(one)).join(',\n')}\n]}\n`);
