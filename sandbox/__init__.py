"""Sandbox: an imitation of the Sent API in a program of its own, known to the desk only by URL (sandbox/README.md)."""
