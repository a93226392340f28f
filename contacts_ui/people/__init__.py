"""People: who may come in, in which role, with which profiles. What the people page shows, and what it may change."""
