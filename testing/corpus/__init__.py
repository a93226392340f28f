"""Corpus of phone number spellings, generated and evaluated without the desk's own library (README.md)."""
