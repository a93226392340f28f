"""Words for templates in Django's language: the pages of the gate."""
