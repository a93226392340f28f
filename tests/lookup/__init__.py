"""Lookup of a number in many profiles."""
