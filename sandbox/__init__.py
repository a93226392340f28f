"""A stand-in for the Sent API: its own program, known to the desk only by URL (sandbox/README.md)."""
