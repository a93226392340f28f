"""Numbering-plan changes: the other forms in which one and the same line may be stored.

Address books, chats and sheets keep the form of the day on which a number was written down. Each form is asked for by
itself, as a whole number, so none of them finds a stranger.
"""

from __future__ import annotations

import re

_VIETNAM = {  # old prefixes of mobile numbers, until 2018
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78", "123": "83", "124": "84", "125": "85",
    "127": "81", "129": "82", "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37",
    "168": "38", "169": "39", "186": "56", "188": "58", "199": "59",
}  # fmt: skip
_GABON = {"1": "11", "2": "62", "4": "74", "5": "65", "6": "66", "7": "77"}  # until 2019

# Old form, new form. Both directions where neither pattern matches what is not a form of the other.
_FORMS = (
    (r"\+55(\d\d)([6-9]\d{7})", r"+55\g<1>9\2"),  # Brazil, mobile, until 2016
    (r"\+55(\d\d)9([6-9]\d{7})", r"+55\1\2"),
    (r"\+521(\d{10})", r"+52\1"),  # Mexico, mobile, until 2019; WhatsApp's ids still
    (r"\+52([2-9]\d{9})", r"+521\1"),
    (r"\+549(\d{10})", r"+54\1"),  # Argentina: the 9 of mobile numbers is often left out
    (r"\+54([1-8]\d{9})", r"+549\1"),
    (r"\+229([2-9]\d{7})", r"+22901\1"),  # Benin, until 2024
    (r"\+22901(\d{8})", r"+229\1"),
    (r"\+225([04-9][0-3]\d{6})", r"+22501\1"),  # Ivory Coast, mobile, until 2021: the second digit told the network
    (r"\+225([04-9][4-6]\d{6})", r"+22505\1"),
    (r"\+225([04-9][7-9]\d{6})", r"+22507\1"),
    (r"\+2250[157](\d{8})", r"+225\1"),
    (r"\+(?:377|381)(4[3-9]\d{6})", r"+383\1"),  # Kosovo, mobile, until 2018
    (r"\+383(4[3-9]\d{6})", r"+377\1"),
    (r"\+383(4[3-9]\d{6})", r"+381\1"),
    (r"\+237([5-9]\d{7})", r"+2376\1"),  # Cameroon, until 2014
    (r"\+237([23]\d{7})", r"+2372\1"),
    (r"\+237[26](\d{8})", r"+237\1"),
    (r"\+57([1-8])(\d{7})", r"+5760\1\2"),  # Colombia, landlines, until 2021
    (r"\+5760([1-8])(\d{7})", r"+57\1\2"),
    (r"\+390(\d{5,10})", r"+39\1"),  # Italy, landlines: the 0 is part of the number, and often left out
    (r"\+39([124-9]\d{5,9})", r"+390\1"),
    (r"\+379(0?6?698\d{5})", r"+39\1"),  # the Vatican answers under Italy's code
    (r"\+39(06698\d{5})", r"+379\1"),
)
_COMPILED = tuple((re.compile(old, re.ASCII), new) for old, new in _FORMS)
_VIETNAM_OLD = re.compile(r"\+84(1\d\d)(\d{7})", re.ASCII)
_VIETNAM_NEW = re.compile(r"\+84([3578]\d)(\d{7})", re.ASCII)
_GABON_OLD = re.compile(r"\+2410?([124567])(\d{6})", re.ASCII)

# How people write a number nationally that libphonenumber no longer knows so.
_NATIONAL = {
    "MX": re.compile(r"(?:04[45]|01|1)?([2-9]\d{9})", re.ASCII),
    "BR": re.compile(r"0?(\d\d[6-9]\d{7})", re.ASCII),
    "BJ": re.compile(r"(\d{8})", re.ASCII),
    "CM": re.compile(r"(\d{8})", re.ASCII),
    "VN": re.compile(r"0?(1\d{9})", re.ASCII),
}
_CODES = {"MX": "52", "BR": "55", "BJ": "229", "CM": "237", "VN": "84"}


def other_forms(number: str) -> tuple[str, ...]:
    """The other forms of an E.164 number, likeliest first; none where nothing has changed."""
    found = [pattern.sub(new, number) for pattern, new in _COMPILED if pattern.fullmatch(number)]
    if (old := _VIETNAM_OLD.fullmatch(number)) and old[1] in _VIETNAM:
        found.append(f"+84{_VIETNAM[old[1]]}{old[2]}")
    if new := _VIETNAM_NEW.fullmatch(number):
        found += [f"+84{before}{new[2]}" for before, after in _VIETNAM.items() if after == new[1]]
    if gabon := _GABON_OLD.fullmatch(number):
        found.append(f"+241{_GABON[gabon[1]]}{gabon[2]}")
    return tuple(dict.fromkeys(each for each in found if each != number))


def former_national(digits: str, region: str) -> str | None:
    """The E.164 form of a number written as people of the region did before a change; None for all others."""
    found = _NATIONAL[region].fullmatch(digits) if region in _NATIONAL else None
    return f"+{_CODES[region]}{found[1]}" if found else None
