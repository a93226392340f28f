"""Exports: a scope's contacts as a file that says whether it is whole, read and written in the background.

The interface is in service.py (docs/decisions, 44).
"""
