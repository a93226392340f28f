"""Observability: JSON logs and the redaction of secrets and numbers from them."""
