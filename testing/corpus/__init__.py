"""Spellings of telephone numbers, made and judged without the desk's own library (README.md)."""
