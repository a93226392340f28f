"""Long runs that print figures: see README.md."""
