"""The yardstick of bench/input_latency.py: the same contacts in Django's own admin, a project of its own."""
