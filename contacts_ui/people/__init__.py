"""People: accounts, their roles and assigned profiles, as the people page lists and changes them."""
