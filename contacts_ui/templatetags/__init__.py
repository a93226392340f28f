"""Template tags for Django templates: the pages of sign-in."""
