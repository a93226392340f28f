// Formats of a contact's number by google-libphonenumber, and a seeded random generator.

import libphonenumber from 'google-libphonenumber';

const { PhoneNumberFormat, PhoneNumberUtil } = libphonenumber;
const util = PhoneNumberUtil.getInstance();

export const digitsOf = (text) => text.replace(/\D/g, '');

/** Formats from which all spellings are made. `rest` is the international format without the country code. */
export function numberOf(e164) {
  const parsed = util.parse(e164);
  const region = util.getRegionCodeForNumber(parsed);
  const international = util.format(parsed, PhoneNumberFormat.INTERNATIONAL);
  const national = util.format(parsed, PhoneNumberFormat.NATIONAL);
  const code = String(parsed.getCountryCode());
  const rest = international.slice(code.length + 2);
  const ndd = util.getNddPrefixForRegion(region, true) ?? '';
  // "0" in GB, "06" in HU; empty where the national format has the same digits, or different ones (Argentina).
  const trunk = ndd && digitsOf(national) === ndd + digitsOf(rest) ? ndd : '';
  return { e164, region, code, international, national, rest, trunk, rfc: util.format(parsed, PhoneNumberFormat.RFC3966) };
}

/** International dialling prefix of `region` ("011"); null where there are several. */
export function exitCode(number, region) {
  if (String(util.getCountryCodeForRegion(region)) === number.code) return null;
  const dialled = util.formatOutOfCountryCallingNumber(util.parse(number.e164), region);
  const end = dialled.indexOf(` ${number.international.slice(1)}`);
  return dialled.startsWith('+') || end < 0 ? null : dialled.slice(0, end);
}

/** mulberry32: small, and the same on every machine. */
export class SeededRandom {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  part() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** Integer from `low` to `high`, both included. */
  between(low, high) {
    return low + Math.floor(this.part() * (high - low + 1));
  }

  one(list) {
    return list[this.between(0, list.length - 1)];
  }

  shuffled(list) {
    const mixed = [...list];
    for (let last = mixed.length - 1; last > 0; last -= 1) {
      const other = this.between(0, last);
      [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
    }
    return mixed;
  }
}
