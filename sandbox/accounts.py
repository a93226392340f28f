"""Accounts: the organization and its profiles, with names, contact counts and the JSON of GET /v3/me."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .seeded_ids import SeededHash
from .timestamps import EPOCH_TICKS, YEAR_TICKS, format_timestamp

Json = dict[str, Any]

_NAMES = (
    "Northwind Retail",
    "Aldgate Pharmacy",
    "Bluefin Travel",
    "Cedar & Co",
    "Corvid Insurance",
    "Dunmore Energy",
    "Eastport Logistics",
    "Fernhill Clinics",
    "Granite Bank",
    "Harbour Hotels",
    "Juniper Foods",
    "Kestrel Mobile",
    "Lumière Opticians",
    "O'Malley's Garages",
    "Mistral Airways",
    "Orchard Schools",
)
# Split strings: seventy quoted words are harder to read.
_STEMS = (  # noqa: SIM905
    "Amber Ashgrove Beacon Birchwood Bramble Brightwater Calder Clearview Copper Crescent Drift Elmwood Falcon Firth "
    "Foxglove Glenmore Hazel Heron Highgate Iron Ivory Kingsway Larch Linden Lockwood Marlow Meadow Nettle Oakridge "
    "Pinecrest Quarry Redwood Rowan Saffron Silver Stonebridge Tern Thistle Wexford Willow Yarrow"
).split()
_TRADES = (  # noqa: SIM905
    "Motors Dental Fitness Florists Furniture Gas Homes Interiors Laundry Legal Lending Markets Media Mutual "
    "Outfitters Parcels Pets Plumbing Power Rail Records Rentals Security Studios Surveyors Telecom Theatres Tools "
    "Utilities Vets Water"
).split()
_STATUSES = {4: "pending_review", 6: "incomplete", 9: "rejected"}  # by profile number modulo 13; the rest are approved
_ROLES = ("admin", "developer", "billing")


@dataclass(frozen=True, slots=True)
class Owner:
    """The organization (number 0) or one of its profiles (1, 2, …), and the range of contact ordinals it owns."""

    number: int
    id: str
    name: str
    contacts: range

    @property
    def short_name(self) -> str:
        """The initials of the name: "NR" (sent-api-v3, me)."""
        return "".join(word[0] for word in self.name.replace("&", "").split()).upper()

    @property
    def status(self) -> str:
        """Setup status of a profile (sent-api-v3, me)."""
        return _STATUSES.get((self.number - 1) % 13, "approved")


def create_owners(seeded: SeededHash, contacts: int, profiles: int) -> list[Owner]:
    """The organization, then its profiles. Ids and names do not depend on how many there are."""
    owners, first = [], 0
    for number, size in enumerate(_sizes(contacts, profiles)):
        owners.append(Owner(number, seeded.owner_id(number), _name(number), range(first, first + size)))
        first += size
    return owners


def _sizes(contacts: int, profiles: int) -> list[int]:
    """Number of contacts of each owner, organization first.

    The organization has a fifth, the second profile a third, the last profile none; the others share the rest as
    1/1, 1/2, 1/3, …
    """
    sizes = [0] * (1 + profiles)
    if profiles:
        largest = 2 if profiles > 2 else 1
        sizes[largest] = contacts // 3
        others = [number for number in range(1, max(profiles, 2)) if number != largest]
        left = contacts - contacts // 3 - contacts // 5
        harmonic = sum(1 / (rank + 1) for rank in range(len(others)))
        for rank, number in enumerate(others):
            sizes[number] = int(left / (rank + 1) / harmonic)
    sizes[0] = contacts - sum(sizes)
    return sizes


def _name(number: int) -> str:
    if number == 0:
        return "Meridian Group"
    if number <= len(_NAMES):
        return _NAMES[number - 1]
    # 41 stems and 31 trades, both stepped with every number: all 1,271 pairs occur before the first repeats.
    index = number - len(_NAMES) - 1
    stem = _STEMS[index * 17 % len(_STEMS)]
    return f"{stem} {_TRADES[index * 12 % len(_TRADES)]}"


def profile_json(owner: Owner, seeded: SeededHash) -> Json:
    """One item of an organization's `profiles` (sent-api-v3, me)."""
    return {
        "id": owner.id,
        "name": owner.name,
        "short_name": owner.short_name,
        "icon": None,
        "description": f"Messages of {owner.name}" if owner.number % 3 else None,
        "status": owner.status,
        "role": _ROLES[owner.number % len(_ROLES)] if owner.number > 1 else "admin",
        "created_at": _created(owner, seeded),
        "settings": _settings(owner),
    }


def account_json(kind: str, owner: Owner, profiles: list[Owner], organization: Owner, seeded: SeededHash) -> Json:
    """`data` of GET /v3/me for this kind of account: organization, user or profile (sent-api-v3, me)."""
    sender = f"+1415555{owner.number + 100:04d}" if owner.number < 9000 else None
    data: Json = {
        "type": kind,
        "id": owner.id,
        "name": "Robin Ellery" if kind == "user" else owner.name,
        "email": f"hello@{owner.short_name.lower()}.example.com",
        "icon": None,
        "description": None,
        "created_at": _created(owner, seeded),
        "channels": _channels(owner, sender),
        "sending_phone_number": sender,
        "sending_phone_number_profile_id": owner.id if sender else None,
        "enable_template_auto_creation_for_sp": False,
        "profiles": [profile_json(profile, seeded) for profile in profiles] if kind == "organization" else [],
    }
    if kind == "profile":
        data |= {
            "organization_id": organization.id,
            "short_name": owner.short_name,
            "status": owner.status,
            "settings": _settings(owner),
        }
    return data


def _settings(owner: Owner) -> Json:
    return {
        "allow_contact_sharing": False,
        "allow_template_sharing": False,
        "billing_model": "organization" if owner.number % 2 else "profile",
        "inherit_contacts": False,
        "inherit_tcr_brand": bool(owner.number % 2),
        "inherit_tcr_campaign": bool(owner.number % 2),
        "inherit_templates": False,
    }


def _channels(owner: Owner, sender: str | None) -> Json:
    """A channel that is not configured has no other field (SDK, DataChannels)."""
    sms: Json = {"configured": sender is not None} | ({"phone_number": sender} if sender else {})
    whatsapp: Json = {"configured": False}
    if owner.status == "approved":
        whatsapp = {"configured": True, "phone_number": sender, "business_name": owner.name}
    return {"sms": sms, "whatsapp": whatsapp, "rcs": {"configured": False}}


def _created(owner: Owner, seeded: SeededHash) -> str:
    return format_timestamp(EPOCH_TICKS - 2 * YEAR_TICKS - seeded.number("founded", owner.number) % YEAR_TICKS)
