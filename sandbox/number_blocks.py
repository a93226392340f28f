"""Number blocks: prefixes of valid telephone numbers from which the sandbox generates its contacts.

A prefix followed by ANY digits is a valid number of the region, and all numbers of a block share one national format
(checked with phonenumbers in tests/sandbox/test_data.py). So the national formats of a million contacts cost a few
slices each, not a million calls of phonenumbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers


@dataclass(frozen=True, slots=True)
class NumberBlock:
    """Numbers of one region that share a prefix and a national format."""

    region: str
    """ISO 3166-1 alpha-2."""
    prefix: str
    """The common first digits, calling code included, without plus."""
    template: str
    """The national format; `#` stands for a free digit (sent-api-v3, `format_national`)."""
    weight: int
    """Share of contacts in this block, relative to the sum of all weights."""

    @property
    def free_digits(self) -> int:
        """Number of free digits."""
        return self.template.count("#")

    @property
    def calling_code(self) -> str:
        """Calling code of the region, "44" (sent-api-v3, `country_code`)."""
        return str(phonenumbers.country_code_for_region(self.region))


# region, prefix, template, weight: roughly a customer base that is half North American, then British, then mixed.
_TABLE = (
    ("US", "1201555", "(201) 555-####", 8),  # the block in the API's documentation; small on purpose
    ("US", "12125", "(212) 5##-####", 60),
    ("US", "13104", "(310) 4##-####", 50),
    ("US", "14153", "(415) 3##-####", 50),
    ("US", "13125", "(312) 5##-####", 50),
    ("US", "16174", "(617) 4##-####", 40),
    ("US", "13056", "(305) 6##-####", 40),
    ("US", "15124", "(512) 4##-####", 40),
    ("US", "12066", "(206) 6##-####", 30),
    ("CA", "14167", "(416) 7##-####", 30),
    ("CA", "16044", "(604) 4##-####", 20),
    ("CA", "15148", "(514) 8##-####", 20),
    ("GB", "44771", "0771# ######", 70),
    ("GB", "44774", "0774# ######", 40),
    ("GB", "44207", "020 7### ####", 30),
    ("DE", "49151", "0151# #######", 40),
    ("DE", "49160", "0160 #######", 10),
    ("DE", "4930", "030 ######", 10),
    ("FR", "3361", "06 1# ## ## ##", 30),
    ("FR", "331", "01 ## ## ## ##", 10),
    ("IE", "35385", "085 ### ####", 20),
    ("IE", "35387", "087 ### ####", 10),
    ("AU", "6141", "041# ### ###", 30),
    ("SE", "4670", "070-### ## ##", 12),
    ("SE", "468", "08-## ## ##", 4),
    ("JM", "187643", "(876) 43#-####", 4),
    ("JM", "187657", "(876) 57#-####", 4),
    ("PR", "17872", "(787) 2##-####", 10),
    ("DO", "1809", "(809) ###-####", 8),
    ("DO", "1829", "(829) ###-####", 6),
    ("TT", "186868", "(868) 68#-####", 4),
    ("TT", "186876", "(868) 76#-####", 4),
    ("ES", "346", "6## ## ## ##", 20),
    ("IT", "3931", "31# ### ####", 14),
    ("IT", "3902", "02 #### ####", 6),
    ("NL", "3161", "06 1#######", 16),
    ("BE", "3245", "045# ## ## ##", 10),
    ("CH", "4178", "078 ### ## ##", 10),
    ("AT", "4366", "066# ######", 8),
    ("PL", "4851", "51# ### ###", 12),
    ("PT", "35191", "91# ### ###", 8),
    ("DK", "45344", "34 4# ## ##", 3),
    ("DK", "45421", "42 1# ## ##", 3),
    ("NO", "4740", "40 ## ## ##", 8),
    ("FI", "35841", "041 #######", 8),
    ("BR", "55119", "(11) 9####-####", 24),
    ("BR", "55219", "(21) 9####-####", 12),
    ("MX", "5255", "55 #### ####", 16),
    ("MX", "5222", "22# ### ####", 8),
    ("AR", "549112", "011 15-2###-####", 10),
    ("IN", "9198", "098### #####", 30),
    ("IN", "9199", "099### #####", 15),
    ("JP", "81901", "090-1###-####", 10),
    ("JP", "81802", "080-2###-####", 6),
    ("KR", "82102", "010-2###-####", 10),
    ("ZA", "277", "07# ### ####", 12),
    ("NG", "234803", "0803 ### ####", 14),
    ("KE", "2547", "07## ######", 10),
    ("AE", "97150", "050 ### ####", 8),
    ("IL", "972502", "050-2##-####", 6),
    ("TR", "9050", "050# ### ## ##", 10),
    ("SG", "6581", "81## ####", 4),
    ("SG", "6591", "91## ####", 4),
    ("NZ", "64211", "021 1## ####", 6),
    ("PH", "63905", "0905 ### ####", 12),
    ("CZ", "420601", "601 ### ###", 6),
    ("GR", "3069", "69# ### ####", 6),
    ("HU", "3620", "06 20 ### ####", 6),
    ("RO", "40712", "0712 ### ###", 6),
    ("HK", "85264", "64## ####", 5),
    ("MY", "6012", "012-### ####", 6),
    ("CO", "57321", "321 #######", 8),
)

BLOCKS: tuple[NumberBlock, ...] = tuple(NumberBlock(*row) for row in _TABLE)
"""At most 256: a contact stores the index of its block in one byte."""
