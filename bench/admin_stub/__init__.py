"""Django admin baseline of bench/input_latency.py: the same contacts in a minimal Django project."""
