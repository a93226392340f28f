"""HTTP and HTML helpers: pages and fragments, error pages, pagination, the Jinja2 environment."""
