"""Django baseline of input_latency and page_cost: the same contacts in a minimal Django project."""
