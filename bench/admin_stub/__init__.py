"""The yardstick of bench/keystroke.py: the same contacts in Django's own admin, a project of its own."""
